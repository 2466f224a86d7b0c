import Glibc
import JSON
import Loop
import Telemetry

/// The front of all services: `dispatcher [--supervise]`.
@main
struct Dispatcher {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    switch arguments.first {
    case ChildProcess.trampolineFlag?:
      exit(ChildProcess.trampoline(Array(arguments.dropFirst())))
    case "--describe"?:
      print(String(decoding: Description.json.bytes, as: UTF8.self))
    case "--health"?:
      exit(Command.health())
    case "--supervise"?, nil:
      exit(Command.run(supervises: arguments.first != nil))
    default:
      print("usage: dispatcher [--supervise | --health | --describe]")
      exit(arguments.first == "--help" ? 0 : 64)
    }
  }
}
