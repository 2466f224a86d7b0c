package import Loop
package import Postgres
import Telemetry

/// What a process is made with.
@Loop
package final class ProcessEnvironment {
  package let configuration: Configuration
  private let reporter: ErrorReporter?
  /// Nil for a process that has no login.
  private(set) var openedDatabase: Database?
  private let name: String
  private var observer: StatementObserver?

  init(_ configuration: Configuration, name: String) throws {
    self.configuration = configuration
    self.name = name
    reporter = try ErrorReporter(configuration, process: name)
  }

  /// Logs and reports an error that is a fault of ours; its words are for nobody else.
  package func report(_ error: any Error, requestID: String) {
    Log.error("a request failed") { line in
      line.add("request_id", requestID)
      line.add("error", error: error)
    }
    reporter?.report(error, requestID: requestID)
  }

  /// The process's one database.
  ///
  /// - Throws: ``ConfigurationError`` when its settings can't be used.
  package func database() throws -> Database {
    if let openedDatabase { return openedDatabase }
    var settings = Database.Settings(url: configuration[.databaseURL] ?? "")
    settings.isPrepared = try configuration.flag(.databasePrepared)
    settings.connections = try configuration.number(.databaseConnections, in: 1...100)
    settings.applicationName = name
    let database = try Database(settings)
    observer = StatementObserver(database)
    openedDatabase = database
    return database
  }
}
