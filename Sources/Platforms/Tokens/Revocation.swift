package import Core
import HTTPClient
package import Loop
package import Postgres
import Telemetry

/// The end of a grant at its platform: tried when an account is unlinked, and again by each run of
/// refresh-oauth-tokens until it succeeds or a week is over.
@Loop
package struct Revocation: Sendable {
  let id: UUID
  let platform: Platform
  let tokens: Tokens

  /// What waits in the vault under a name of its own.
  static func secretName(_ id: UUID) -> String { "revoke_\(id)" }

  /// - Returns: whether the platform has been told.
  func attempt(_ oauth: any PlatformOAuth, _ database: Session) async -> Bool {
    do {
      try await oauth.revoke(tokens)
      let statement: SQL = "select internal.settle_revocation(\(id))"
      try await database.run(statement)
      return true
    } catch {
      Log.warning("a grant could not be ended yet") { line in
        line.add("platform", platform.rawValue)
        line.add("error", error: error)
      }
      return false
    }
  }

  /// Those that are due, for the service role; what can't be opened waits for another run.
  package static func due(_ database: Session, _ vault: Vault) async throws -> [Revocation] {
    struct Row: Decodable {
      var revocationId: UUID
      var platform: Platform
      var id: UUID
      var name: String
      var sealed: String
    }
    let rows: [Row] = try await database.all("select * from internal.take_revocations(100)")
    return rows.compactMap { row in
      let sealed = SealedSecret(id: row.id, name: row.name, sealed: row.sealed)
      guard let plain = try? vault.open(sealed), let tokens = Tokens(plain.bytes) else {
        return nil
      }
      return Revocation(id: row.revocationId, platform: row.platform, tokens: tokens)
    }
  }
}
