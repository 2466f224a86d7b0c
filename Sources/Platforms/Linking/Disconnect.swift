package import Core
import Loop
package import Postgres

/// An account that is unlinked: at once here, and at the platform as soon as that answers.
package struct Disconnected: Sendable {
  package var at: Timestamp
  package var platform: Platform
  package var revocation: Ending

  package enum Ending: String, Codable, Sendable {
    /// The platform knows.
    case done
    /// It is told later.
    case pending
    /// There is nothing to tell it: it takes no such word, or the tokens were dead already.
    case none
  }
}

extension Call where Who == User {
  /// Unlinks an account of the caller's. Its tokens are forgotten in the same transaction, and what
  /// ends the grant is kept apart from them until the platform has been told.
  package func disconnect(_ account: UUID) async throws -> Disconnected {
    let target: Target = try await database.one(
      """
      select connection_id, platform
      from internal.account_connection(\(account))
      """
    )
    let id = try UUID.random()
    let vault = target.platform.takesRevocations ? try? Vault(configuration) : nil
    let revocation = await revocation(id, of: target, vault)
    let sealed = try revocation.flatMap { try vault?.seal($0.tokens.json, name: $0.name) }
    let ended: Ended = try await database.one(
      """
      select internal.disconnect_account(
          \(account), \(id), \(sealed?.id), \(sealed?.sealed)) as disconnected_at
      """
    )
    var ending = Disconnected.Ending.none
    if let revocation, let vault {
      let oauth = try? await oauth(target.platform)
      let isDone = if let oauth { await revocation.attempt(oauth, database, vault) } else { false }
      ending = isDone ? .done : .pending
    }
    return Disconnected(at: ended.disconnectedAt, platform: target.platform, revocation: ending)
  }

  /// Nil when there is nothing to revoke. Tokens that can't be opened are forgotten all the same.
  private func revocation(_ id: UUID, of target: Target, _ vault: Vault?) async -> Revocation? {
    guard let vault else { return nil }
    let store = TokenStore(database, vault)
    guard let held = try? await store.load(target.connectionId, for: "disconnect") else {
      return nil
    }
    return Revocation(
      id: id,
      platform: target.platform,
      name: Revocation.secretName(id),
      tokens: held.tokens
    )
  }
}

private struct Target: Decodable {
  var connectionId: UUID
  var platform: Platform
}

private struct Ended: Decodable { var disconnectedAt: Timestamp }
