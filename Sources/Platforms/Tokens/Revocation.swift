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
  /// What the vault has the tokens under.
  let name: String
  let tokens: Tokens

  /// What waits in the vault under a name of its own.
  static func secretName(_ id: UUID) -> String { "revoke_\(id)" }

  /// - Returns: whether the platform has been told.
  func attempt(_ oauth: any PlatformOAuth, _ database: Session, _ vault: Vault) async -> Bool {
    do {
      try await end(oauth, database, vault)
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

  /// TikTok ends a grant by an access token that lives alone: one that does not is refreshed for its
  /// own end, and what that gives is stored before it is used, since the pair of before is worth
  /// nothing from then on.
  private func end(
    _ oauth: any PlatformOAuth,
    _ database: Session,
    _ vault: Vault
  ) async throws {
    guard platform == .tiktok else { return try await oauth.revoke(tokens) }
    if tokens.expiresAt > .now {
      do {
        return try await oauth.revoke(tokens)
      } catch let failure as PlatformFailure where failure.code == "invalid_request" {
        // It does not know the token: a refresh tells whether there is still a grant.
      }
    }
    guard platform.canRefresh(tokens, at: .now) else { return }
    let new: Tokens
    do {
      new = try await oauth.refresh(tokens).tokens
    } catch let failure as PlatformFailure where failure.kind == .reauth {
      return
    }
    let secret = try vault.seal(new.json, name: name)
    let statement: SQL = """
      select internal.renew_revocation(\(id), \(secret.id), \(secret.sealed)) as is_due
      """
    let answer = try await database.one(statement, as: Renewed.self)
    if answer.isDue { try await oauth.revoke(new) }
  }

  private struct Renewed: Decodable { var isDue: Bool }

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
      return Revocation(
        id: row.revocationId,
        platform: row.platform,
        name: row.name,
        tokens: tokens
      )
    }
  }
}
