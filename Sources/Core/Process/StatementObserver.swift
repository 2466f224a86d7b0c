import Loop
import Postgres
import Telemetry

/// Logs what is slow in the database and counts the rest.
@Loop
final class StatementObserver: DatabaseObserver {
  private static let slow: Duration = .milliseconds(200)

  private let durations = Metrics.shared.histograms(
    "db_statement_duration_seconds",
    "From sending a statement to its result.",
    labels: "statement"
  )
  private let failures = Metrics.shared.counters(
    "db_statement_failures_total",
    "Statements that failed.",
    labels: "statement"
  )

  init(_ database: Database) {
    Metrics.shared.gauge("db_connections_open", "Connections to the database.") {
      Double(database.gauges.open)
    }
    Metrics.shared.gauge("db_connections_in_use", "Connections that have work.") {
      Double(database.gauges.inUse)
    }
    Metrics.shared.gauge("db_waiting", "Callers that wait for a connection.") {
      Double(database.gauges.waiting)
    }
    database.observer = self
  }

  func finished(_ statement: StatementReport) {
    durations[statement.name].observe(statement.duration)
    if statement.failure != nil { failures[statement.name].add() }
    guard statement.duration >= Self.slow else { return }
    Log.warning("a statement was slow") { line in
      line.add("statement", statement.name)
      line.add("request_id", statement.requestID)
      line.add("duration_ms", statement.duration)
    }
  }

  func disconnected(_ reason: String) {
    Log.warning("the database is not connected") { $0.add("reason", reason) }
  }
}
