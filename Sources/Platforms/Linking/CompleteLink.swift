package import Core
import HTTP
import JSON
import Loop
package import Postgres

/// What `oauth-<platform>-callback` takes of the client that is signed in.
package struct CompleteLink: Validated {
  package var code: String
  package var state: String

  package func validate(_ checks: inout Checks) {
    checks.length(of: code, "code", in: 1...4096)
    checks.length(of: state, "state", in: 1...512)
  }
}

/// What it answers with.
package struct LinkCompleted: Codable, Sendable {
  package var socialAccountId: UUID
  package var platform: Platform
  package var accountUsername: String?
  package var account: Account

  package struct Account: Codable, Sendable {
    package var id: UUID
    package var isNew: Bool
    package var accountName: String
    package var accountUsername: String?
    package var accountAvatarUrl: String?
    package var accountUrl: String?
    package var followerCount: Int?
    package var isPrimary: Bool
    package var scopes: [String]
    package var tokenExpiresAt: Timestamp
  }
}

extension Platform {
  /// Finishes a link that the caller began: uses its state up, has the code exchanged, and stores
  /// the channel with its tokens.
  ///
  /// - Throws: `Failure` with STATE_INVALID, QUOTA_EXCEEDED or CONFLICT; ``PlatformFailure``, whose
  ///   SCOPE_MISSING says what was not allowed.
  @Loop
  package func complete(_ input: CompleteLink, _ call: Call<User>) async throws -> LinkCompleted {
    let vault = try Vault(call.configuration)
    let oauth = try await call.oauth(self)
    if self == .youtube, try await isOwn(input.state, call) {
      // For the call that asks for the channel; a state is not used up when there are none.
      try await DailyUnits(ofYouTube: call).spend(1)
    }
    let taken: Taken = try await call.database.one(
      """
      select id, code_verifier
      from internal.take_state(\(rawValue), \(LinkState.hash(input.state)))
      """
    )
    let verifier = try taken.verifier(vault)
    let grant = try await oauth.exchange(code: input.code, verifier: verifier)
    let scopes = grant.scopes ?? self.scopes
    if let failure = lack(in: scopes) { throw failure }
    let profile = try await oauth.profile(grant.tokens.accessToken, scopes: scopes)
    let secret = try vault.seal(
      grant.tokens.json,
      name: secretName(of: profile.id, call.caller.id)
    )
    let linked: Linked = try await call.database.one(
      link(taken.id, profile, scopes, grant.tokens, secret)
    )
    return linked.answer(self, scopes, grant.tokens)
  }

  /// Whether there is anything to spend a unit for.
  private func isOwn(_ state: String, _ call: Call<User>) async throws -> Bool {
    struct Known: Decodable { var isOwn: Bool }
    let known: Known = try await call.database.one(
      "select internal.is_own_state(\(rawValue), \(LinkState.hash(state))) as is_own"
    )
    return known.isOwn
  }

  private struct Taken: Decodable {
    var id: UUID
    var codeVerifier: String?

    /// - Throws: `Failure` with STATE_INVALID when the key is gone that it was sealed under.
    func verifier(_ vault: Vault) throws -> String? {
      guard let codeVerifier else { return nil }
      let sealed = SealedSecret(id: id, name: LinkState.secretName, sealed: codeVerifier)
      do {
        return try vault.open(sealed).text
      } catch VaultError.unknownKey {
        throw Failure(.stateInvalid, "this link can't be finished any more: begin it again")
      }
    }
  }

  private func link(
    _ state: UUID,
    _ profile: ChannelProfile,
    _ scopes: [String],
    _ tokens: Tokens,
    _ secret: SealedSecret
  ) -> SQL {
    let profile = String(decoding: profile.json.bytes, as: UTF8.self)
    let statement: SQL = """
      select * from internal.complete_link(
          \(state), \(profile)::text::jsonb, \(scopes), \(tokens.issuedAt), \(tokens.expiresAt),
          \(tokens.refreshExpiresAt), \(secret.id), \(secret.sealed))
      """
    return statement.named("complete_link")
  }
}

private struct Linked: Decodable {
  var socialAccountId: UUID
  var isNew: Bool
  var accountName: String
  var accountUsername: String?
  var accountAvatarUrl: String?
  var accountUrl: String?
  var followerCount: Int?
  var isPrimary: Bool

  func answer(_ platform: Platform, _ scopes: [String], _ tokens: Tokens) -> LinkCompleted {
    LinkCompleted(
      socialAccountId: socialAccountId,
      platform: platform,
      accountUsername: accountUsername,
      account: LinkCompleted.Account(
        id: socialAccountId,
        isNew: isNew,
        accountName: accountName,
        accountUsername: accountUsername,
        accountAvatarUrl: accountAvatarUrl,
        accountUrl: accountUrl,
        followerCount: followerCount,
        isPrimary: isPrimary,
        scopes: scopes,
        tokenExpiresAt: tokens.expiresAt
      )
    )
  }
}
