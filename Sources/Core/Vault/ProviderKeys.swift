import Loop
import Postgres
import Telemetry

/// The keys of providers: what the vault holds under a setting's name, else what the setting says.
///
/// What was read holds for a minute in a process, so a key that was put in anew is used a minute
/// later everywhere.
@Loop
final class ProviderKeys {
  static let lifetime: Duration = .seconds(60)

  private struct Known {
    var value: String?
    var until: Instant
  }

  private let configuration: Configuration
  private let database: Database
  /// Nil where no master key is set: then the vault is not asked.
  let vault: Vault?
  private let now: @Loop () -> Instant
  private var known: [String: Known] = [:]
  private var asked: [String: Task<Result<String?, any Error>, Never>] = [:]

  /// - Throws: ``ConfigurationError`` when the vault's keys can't be read.
  init(
    _ configuration: Configuration,
    _ database: Database,
    now: @escaping @Loop () -> Instant = { .now }
  ) throws {
    self.configuration = configuration
    self.database = database
    self.now = now
    let keys = try configuration.masterKeys()
    vault = keys.isEmpty ? nil : try Vault(keys: keys)
  }

  /// - Parameters:
  ///   - claims: of whom the vault's record shall name as the reader.
  /// - Throws: ``Failure`` with NOT_CONFIGURED when neither has it; ``VaultError`` when the vault has
  ///   one that does not open; `PostgresError`.
  func value(of setting: Setting, claims: [UInt8], requestID: String) async throws -> String {
    if let vault, let secret = try await secret(setting.name, vault, claims, requestID) {
      return secret
    }
    return try configuration.required(setting)
  }

  /// What the vault has; those who ask meanwhile get the same answer.
  private func secret(
    _ name: String,
    _ vault: Vault,
    _ claims: [UInt8],
    _ requestID: String
  ) async throws -> String? {
    if let known = known[name], now() < known.until { return known.value }
    if let asked = asked[name] { return try await asked.value.get() }
    let session = database.session(as: Identity(claims: claims, requestID: requestID))
    let reading = Loop.task { [self] () -> Result<String?, any Error> in
      defer { asked[name] = nil }
      do {
        let sealed = try await session.first(
          "select * from internal.configuration_secret(\(name))",
          as: SealedSecret.self
        )
        let value = try sealed.map { try vault.open($0).text }
        if let sealed, sealed.isTakenIn { await Self.reseal(sealed, vault, session) }
        known[name] = Known(value: value, until: now() + Self.lifetime)
        return .success(value)
      } catch {
        return .failure(error)
      }
    }
    asked[name] = reading
    return try await reading.value.get()
  }

  /// Writes what had come in plain as processes do; whoever reads next does it, should it fail.
  private static func reseal(_ secret: SealedSecret, _ vault: Vault, _ session: Session) async {
    do {
      let sealed = try vault.resealed(secret).sealed
      try await session.run(
        "select internal.reseal_secret(\(secret.id), \(secret.sealed), \(sealed))"
      )
    } catch {
      Log.warning("a secret could not be sealed anew") { line in
        line.add("name", secret.name)
        line.add("error", error: error)
      }
    }
  }
}

extension Call {
  /// A provider's key: what the vault holds under the setting's name, else what the environment
  /// says. A function that asks lists ``Setting/vault`` among its settings.
  ///
  /// - Throws: ``Failure`` with NOT_CONFIGURED when neither has it.
  package func secret(_ setting: Setting) async throws -> String {
    try await providerKeys.value(
      of: setting,
      claims: caller.identity.claims,
      requestID: requestID
    )
  }
}
