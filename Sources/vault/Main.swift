import Core
import Glibc
import JSON
import Loop

/// What is done to the vault by hand; `scripts/secret` is its front.
@main
enum Main {
  static func main() {
    Loop.ignoreBrokenPipes()
    let command: Command
    do {
      command = try Command(Array(CommandLine.arguments.dropFirst()))
    } catch {
      complain(error)
      exit(64)  // EX_USAGE of sysexits.h
    }
    switch command {
    case .help: print(Command.usage)
    case .describe: print(String(decoding: Description.json.bytes, as: UTF8.self))
    default:
      Loop.task {
        do {
          try await Session(.environment).run(command)
          exit(0)
        } catch {
          complain(error)
          exit(error is ConfigurationError || error is Failure ? 78 : 1)  // EX_CONFIG
        }
      }
      Loop.run()
    }
  }

  private static func complain(_ error: any Error) {
    let words = (error as? Failure)?.message ?? "\(error)"
    Terminal.say("vault: \(words)")
  }
}
