/// A token whose signature and claims were verified.
package struct JSONWebToken: Sendable, Equatable {
  /// Whom a token speaks for.
  package enum Bearer: Sendable, Equatable {
    /// Somebody who signed in (role `authenticated`).
    case user(User)
    /// The public API key (role `anon`).
    case anon
    /// The secret API key (role `service_role`).
    case serviceRole
  }

  /// What a user's token says about the user.
  package struct User: Sendable, Equatable {
    /// `sub`: a UUID in lower case.
    package let id: String
    /// `session_id`: a UUID in lower case. Other issuers than our auth may leave it out.
    package let sessionID: String?
    /// `email`, nil when empty.
    package let email: String?
    /// `is_anonymous`: signed in without an address or a password.
    package let isAnonymous: Bool
  }

  /// Whom it speaks for.
  package let bearer: Bearer
  /// `exp` in seconds since 1970, rounded down. Users' tokens always have one.
  package let expiry: Int?
  /// The claims byte for byte as they were signed: what PostgreSQL gets as `request.jwt.claims`.
  package let claims: [UInt8]

  /// The `role` claim, which is also the database role: anon, authenticated or service_role.
  package var role: String {
    switch bearer {
    case .user: "authenticated"
    case .anon: "anon"
    case .serviceRole: "service_role"
    }
  }

  /// The user, nil for an API key.
  package var user: User? {
    guard case .user(let user) = bearer else { return nil }
    return user
  }
}
