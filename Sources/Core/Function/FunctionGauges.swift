import Loop
import Postgres
import Telemetry

/// What a function tells of its work under /metrics beside what it counts itself: what the database
/// knows, asked once a minute.
@Loop
final class FunctionGauges {
  static let interval: Duration = .seconds(60)

  private struct Reading: Decodable {
    var name: String
    var help: String
    var value: Double
  }

  private let database: Database
  private let statement: SQL
  private lazy var timer = LoopTimer { [weak self] in self?.ask() }

  /// - Parameter statement: gives `name`, `help` and `value`, as the login itself.
  init(_ database: Database, _ statement: SQL) {
    self.database = database
    self.statement = statement.named("function_gauges")
  }

  /// Asks at once, and every minute from then on.
  func ask() {
    timer.schedule(after: Self.interval)
    Loop.task { [self] in
      do {
        let readings: [Reading] = try await database.session(as: Identity()).all(statement)
        for reading in readings {
          Metrics.shared.gauge(reading.name, reading.help).value = reading.value
        }
      } catch {
        Log.debug("the gauges could not be read") { $0.add("error", error: error) }
      }
    }
  }

  func stop() {
    timer.cancel()
  }
}
