import Glibc
import Loop
import Telemetry

enum Command {
  /// Serves until a signal ends it.
  ///
  /// - Returns: the exit status.
  static func run(supervises: Bool) -> Int32 {
    Log.configure(service: "dispatcher")
    Loop.ignoreBrokenPipes()
    raiseDescriptorLimit()
    let outcome = Outcome()
    Loop.task {
      Log.flushEachTurn()
      do {
        let process = try DispatcherProcess(Settings())
        outcome.process = process
        try process.start(supervises: supervises)
      } catch {
        Log.error("could not start") { $0.add("error", error: error) }
        outcome.status = 1
        Loop.stop()
      }
    }
    Loop.run()
    return Loop.assumeIsolated { outcome.status }
  }

  /// Asks the dispatcher that the environment describes.
  ///
  /// - Returns: 0 when it and all services are well, otherwise 1.
  static func health() -> Int32 {
    let outcome = Outcome()
    Loop.task {
      outcome.status = 1
      do {
        let address = try Settings.listenAddress().local
        let answer = await Probe.get("/health", from: address, within: .seconds(5))
        if answer?.status == 200 { outcome.status = 0 }
        print(
          answer.map { String(decoding: $0.body, as: UTF8.self) } ?? "no answer from \(address)"
        )
      } catch {
        print(error)
      }
      Loop.stop()
    }
    Loop.run()
    return Loop.assumeIsolated { outcome.status }
  }

  /// A process with many clients needs a descriptor for each, and for each request another.
  private static func raiseDescriptorLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}

/// What the loop's work came to.
@Loop
private final class Outcome {
  var status: Int32 = 0
  var process: DispatcherProcess?

  nonisolated init() {}
}
