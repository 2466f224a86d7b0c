import Core
import HTTP
import JSON
import Loop
import Postgres

/// Gives a session for a password, a refresh token, or the code of a sign-in that a link ended.
///
/// `POST /token?grant_type=password|refresh_token|pkce`
enum Grant: Endpoint {
  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    switch ask.query["grant_type"] {
    case "password": try await PasswordGrant.answer(ask, auth)
    case "refresh_token": try await RefreshGrant.answer(ask, auth)
    case "pkce": try await CodeGrant.answer(ask, auth)
    case "id_token": throw AuthFailure(400, .providerDisabled, "Provider is not enabled")
    default: throw AuthFailure(400, .invalidCredentials, "unsupported_grant_type")
    }
  }
}

/// `POST /token?grant_type=password` with `{email, password}`
enum PasswordGrant: Endpoint {
  /// Whether the address is known, whether it has a password and which: the answer and the work for
  /// it are the same until the password is right.
  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    let fields = try await ask.fields()
    let email = try fields.text("email")
    let phone = try fields.text("phone")
    let password = try fields.text("password") ?? ""
    guard email == nil || phone == nil else {
      throw AuthFailure.invalid(
        "Only an email address or phone number should be provided on login."
      )
    }
    guard phone == nil else {
      throw AuthFailure(422, .phoneProviderDisabled, "Phone logins are disabled")
    }
    guard let email else { throw AuthFailure.invalid("missing email or phone") }
    try auth.rules.checkEmail()
    let session = auth.session(ask)
    let address = email.lowercased()
    let account = try await auth.refusingNoSooner {
      try await auth.limits.countingFailures(for: address, of: ask) {
        try await session.one(isSignedIn(address, at: ask.ip), as: Bool.self)
      } _: {
        let account = try await session.first(Account.find(address), as: Account.self)
        let isRight = try await auth.hasher.matches(password, account?.encryptedPassword)
        guard let account, isRight else {
          throw AuthFailure(400, .invalidCredentials, "Invalid login credentials")
        }
        return account
      }
    }
    guard !account.isBanned else { throw AuthFailure(400, .userBanned, "User is banned") }
    guard account.isConfirmed else {
      throw AuthFailure(400, .emailNotConfirmed, "Email not confirmed")
    }
    ask.context.caller = account.id
    let opened = try await session.one(
      auth.openSession(of: account.id, by: .password, ask),
      as: OpenSession.self
    )
    let weakness = auth.rules.passwords.weakness(of: password).map { weakness in
      JSON.Member(
        "weak_password",
        [
          "message": .string(weakness.message),
          "reasons": .array(weakness.reasons.map { .string($0) }),
        ]
      )
    }
    return try auth.answer(with: opened, extra: weakness.map { [$0] } ?? [])
  }

  private static func isSignedIn(_ address: String, at ip: String?) -> SQL {
    let sql: SQL = "select auth.is_signed_in(\(address), \(untyped: ip))"
    return sql.named("is_signed_in")
  }
}
