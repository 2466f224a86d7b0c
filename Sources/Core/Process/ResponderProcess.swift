import Glibc
import HTTP
import JSON
import Loop
import Postgres
import Telemetry

/// A process that answers HTTP: what its arguments ask for, from start to drain.
package enum ResponderProcess {
  private static let drainTime: Duration = .seconds(10)

  /// The whole life of the process; it does not return.
  package static func run<Answering: Responder>(_ responder: Answering.Type) {
    let profile = Answering.profile
    Loop.ignoreBrokenPipes()
    switch CommandLine.arguments.dropFirst().first {
    case nil: serve(responder)
    case "--describe": print(String(decoding: JSON.object(profile.members).bytes, as: UTF8.self))
    case "--health": HealthProbe.run(Configuration.environment[.listen] ?? "")
    default:
      print(
        """
        usage: \(profile.name) [--describe | --health]
        \(profile.summary) Its settings are environment variables; --describe lists them.
        """
      )
      exit(CommandLine.arguments.contains("--help") ? 0 : 2)
    }
  }

  private static func serve<Answering: Responder>(_ responder: Answering.Type) {
    Log.configure(service: Answering.profile.name)
    Loop.task {
      do {
        try await start(responder, .environment)
      } catch {
        Log.error("it can't start") { $0.add("error", error: error) }
        exit(78)  // EX_CONFIG of sysexits.h: starting it again will not help.
      }
    }
    Loop.run()
  }

  @Loop
  private static func start<Answering: Responder>(
    _ responder: Answering.Type,
    _ configuration: Configuration
  ) async throws {
    Log.flushEachTurn()
    Metrics.shared.service = Answering.profile.name
    Metrics.shared.addProcessMetrics()
    let running = try RunningResponder(responder, configuration)
    var isStopping = false
    try Loop.handle([SIGTERM, SIGINT]) { _ in
      guard !isStopping else { return }
      isStopping = true
      Log.info("stopping")
      Loop.task {
        await running.stop(within: drainTime)
        exit(0)
      }
    }
    Log.info("listening") { $0.add("address", running.address.description) }
  }
}
