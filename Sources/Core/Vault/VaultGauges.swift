import Loop
import Postgres
import Telemetry

/// How many secrets the vault has and how old the oldest is, for /metrics: asked once a minute, by
/// functions of the service role that have the vault's keys.
@Loop
final class VaultGauges {
  static let interval: Duration = .seconds(60)

  private struct Survey: Decodable {
    var secrets: Int
    var oldestSeconds: Double
  }

  private let database: Database
  private let secrets = Metrics.shared.gauge("vault_secrets", "Secrets in the vault.")
  private let oldest = Metrics.shared.gauge(
    "vault_oldest_secret_age_seconds",
    "For how long the oldest secret of the vault has been the same."
  )
  private lazy var timer = LoopTimer { [weak self] in self?.ask() }

  init(_ database: Database) {
    self.database = database
  }

  /// Asks at once, and every minute from then on.
  func ask() {
    timer.schedule(after: Self.interval)
    Loop.task { [self] in
      do {
        let survey = try await database.session(as: Identity()).one(
          "select * from internal.survey_vault()",
          as: Survey.self
        )
        secrets.value = Double(survey.secrets)
        oldest.value = survey.oldestSeconds
      } catch {
        Log.debug("the vault could not be surveyed") { $0.add("error", error: error) }
      }
    }
  }

  func stop() {
    timer.cancel()
  }
}
