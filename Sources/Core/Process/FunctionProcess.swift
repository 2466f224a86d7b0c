import Glibc
import HTTP
import JSON
package import Loop
import Postgres
import Telemetry

/// A function's process: what its arguments ask for, from start to drain.
enum FunctionProcess {
  private static let drainTime: Duration = .seconds(10)

  static func run<Function: EdgeFunction>(_ function: Function.Type) {
    Loop.ignoreBrokenPipes()
    switch CommandLine.arguments.dropFirst().first {
    case nil: serve(function)
    case "--describe": describe(function)
    case "--health": HealthProbe.run(Configuration.environment[.listen] ?? "")
    default:
      print(
        """
        usage: \(Function.name) [--describe | --health]
        \(Function.summary) Its settings are environment variables; --describe lists them.
        """
      )
      exit(CommandLine.arguments.contains("--help") ? 0 : 2)
    }
  }

  private static func describe<Function: EdgeFunction>(_ function: Function.Type) {
    print(String(decoding: Description.json(of: function).bytes, as: UTF8.self))
  }

  private static func serve<Function: EdgeFunction>(_ function: Function.Type) {
    Log.configure(service: Function.name)
    Loop.task {
      do {
        try await start(function, .environment)
      } catch {
        Log.error("it can't start") { $0.add("error", error: error) }
        exit(78)  // EX_CONFIG of sysexits.h: starting it again will not help.
      }
    }
    Loop.run()
  }

  @Loop
  private static func start<Function: EdgeFunction>(
    _ function: Function.Type,
    _ configuration: Configuration
  ) async throws {
    Log.flushEachTurn()
    Metrics.shared.service = Function.name
    Metrics.shared.addProcessMetrics()
    let running = try RunningFunction(function, configuration)
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

/// A function that answers, in this process or in a test.
@Loop
package final class RunningFunction {
  private let server: Server
  private let metricsServer: Server?
  private let database: Database
  private let observer: StatementObserver

  /// Where it answers: with port 0 in LISTEN, the port that it got.
  package var address: SocketAddress { server.address }

  /// - Throws: ``ConfigurationError``, or `SystemError` when an address can't be listened on.
  package init<Function: EdgeFunction>(
    _ function: Function.Type,
    _ configuration: Configuration
  ) throws {
    var settings = Database.Settings(url: configuration[.databaseURL] ?? "")
    settings.isPrepared = try configuration.flag(.databasePrepared)
    settings.connections = try configuration.number(.databaseConnections, in: 1...100)
    settings.applicationName = Function.name
    database = try Database(settings)
    observer = StatementObserver(database)
    let service = try FunctionService<Function>(
      configuration,
      database,
      reporter: ErrorReporter(configuration)
    )
    let handler = AsyncHandler(
      refusal: { service.refuse($0) },
      respond: { await service.respond($0) }
    )
    guard let address = try configuration.address(.listen) else {
      throw ConfigurationError("LISTEN is not set")
    }
    server = try Server(on: address, handler: handler)
    metricsServer = try configuration.address(.metricsListen).map(MetricsServer.start)
  }

  /// Finishes what is under way and closes everything.
  package func stop(within time: Duration) async {
    await server.drain(within: time)
    await metricsServer?.drain(within: .zero)
    database.close()
  }
}
