package import Core
import Crypto
import Loop
package import Postgres

/// What `oauth-<platform>-init` takes.
package struct BeginLink: Validated {
  /// Where the browser goes in the end; the site's own page when it is not given.
  package var redirectTo: String?

  package func validate(_ checks: inout Checks) {
    checks.length(of: redirectTo, "redirect_to", in: 1...2048)
  }
}

/// What it answers with.
package struct LinkBegun: Codable, Sendable {
  package var authorizationUrl: String
  package var state: String
  package var expiresAt: Timestamp
}

extension Platform {
  /// Begins a link: a state of 256 bits, kept hashed and for ten minutes, that leads back to nobody
  /// but the caller.
  ///
  /// - Throws: `Failure` with QUOTA_EXCEEDED when the caller's tier has no room for an account.
  @Loop
  package func begin(_ input: BeginLink, _ call: Call<User>) async throws -> LinkBegun {
    let oauth = try await call.oauth(self)
    if let address = input.redirectTo {
      let allowed = try RedirectAllowList(call.configuration)
      guard allowed.contains(address) else {
        throw Failure.validation([
          FieldProblem(field: "redirect_to", message: "is not at an address that is allowed")
        ])
      }
    }
    let state = try LinkState.make()
    let id = try UUID.random()
    let verifier = try PKCE.verifier()
    let challenge = try PKCE.challenge(of: verifier, for: self)
    let sealed = try challenge.map { _ in
      try Vault(call.configuration).seal(Array(verifier.utf8), id: id, name: LinkState.secretName)
    }
    let begun: Begun = try await call.database.one(
      """
      select internal.begin_link(
          \(rawValue), \(id), \(LinkState.hash(state)), \(sealed?.sealed), \(input.redirectTo))
          as expires_at
      """
    )
    return LinkBegun(
      authorizationUrl: try oauth.authorizationURL(state: state, challenge: challenge),
      state: state,
      expiresAt: begun.expiresAt
    )
  }

  private struct Begun: Decodable { var expiresAt: Timestamp }
}

/// The state parameter (RFC 6749 §10.12).
enum LinkState {
  /// What a verifier is sealed under besides its state's id.
  static let secretName = "oauth_state"

  /// 43 characters, 256 bits.
  static func make() throws -> String { try Random.token(byteCount: 32) }

  static func hash(_ state: String) throws -> [UInt8] { try SHA2.sha256(state.utf8.span) }
}
