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
    guard auth.rules.isEmailOn else {
      throw AuthFailure(422, .emailProviderDisabled, "Email logins are disabled")
    }
    let session = auth.session(ask)
    let account = try await session.first(Account.find(email.lowercased()), as: Account.self)
    let isRight = try await auth.hasher.matches(password, account?.encryptedPassword)
    guard let account, isRight else {
      throw AuthFailure(400, .invalidCredentials, "Invalid login credentials")
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
}

/// `POST /token?grant_type=refresh_token` with `{refresh_token}`
enum RefreshGrant: Endpoint {
  private struct Refreshed: Decodable {
    var outcome: String
    var counter: Int?
    var claims: String?
    var account: String?
  }

  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    guard let token = try await ask.fields().text("refresh_token") else {
      throw AuthFailure.oauth("invalid_request", "refresh_token required")
    }
    guard let (session, counter) = try auth.keys.session(of: token) else { throw notFound }
    let refreshed = try await auth.session(ask)
      .one(refresh(session, counter, ask, auth.rules), as: Refreshed.self)
    guard let claims = refreshed.claims, let account = refreshed.account,
      let counter = refreshed.counter
    else { throw refusal(refreshed.outcome) }
    return try auth.answer(
      with: OpenSession(
        sessionId: session,
        counter: counter,
        claims: claims,
        account: account
      )
    )
  }

  private static let notFound = AuthFailure(
    400,
    .refreshTokenNotFound,
    "Invalid Refresh Token: Refresh Token Not Found"
  )

  private static func refusal(_ outcome: String) -> AuthFailure {
    switch outcome {
    case "refresh_token_already_used":
      AuthFailure(400, .refreshTokenAlreadyUsed, "Invalid Refresh Token: Already Used")
    case "session_expired":
      AuthFailure(400, .sessionExpired, "Invalid Refresh Token: Session Expired")
    case "user_banned": AuthFailure(400, .userBanned, "Invalid Refresh Token: User Banned")
    default: notFound
    }
  }

  private static func refresh(_ session: UUID, _ counter: Int, _ ask: Ask, _ rules: Rules) -> SQL {
    let sql: SQL = """
      select outcome, counter, claims, account
      from auth.refresh_session(
          \(session), \(counter), \(fragment: .seconds(rules.reuseInterval)),
          \(fragment: .seconds(rules.sessionInactivity)), \(ask.userAgent), \(untyped: ask.ip))
      """
    return sql.named("refresh_session")
  }
}

/// `POST /token?grant_type=pkce` with `{auth_code, code_verifier}`
enum CodeGrant: Endpoint {
  private struct Exchanged: Decodable {
    var outcome: String
    var sessionId: UUID?
    var counter: Int?
    var claims: String?
    var account: String?
  }

  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    let fields = try await ask.fields()
    guard let code = try fields.text("auth_code"), let verifier = try fields.text("code_verifier")
    else {
      throw AuthFailure.invalid(
        "invalid request: both auth code and code verifier should be non-empty"
      )
    }
    let exchanged = try await auth.session(ask).one(
      exchange(code, verifier, auth.sessionArguments(ask)),
      as: Exchanged.self
    )
    guard let id = exchanged.sessionId, let counter = exchanged.counter,
      let claims = exchanged.claims, let account = exchanged.account
    else { throw refusal(exchanged.outcome) }
    return try auth.answer(
      with: OpenSession(sessionId: id, counter: counter, claims: claims, account: account)
    )
  }

  private static func refusal(_ outcome: String) -> AuthFailure {
    switch outcome {
    case "flow_state_expired":
      AuthFailure(422, .flowStateExpired, "invalid flow state, flow state has expired")
    case "bad_code_verifier":
      AuthFailure(
        400,
        .badCodeVerifier,
        "code challenge does not match previously saved code verifier"
      )
    default:
      AuthFailure(404, .flowStateNotFound, "invalid flow state, no valid flow state found")
    }
  }

  private static func exchange(_ code: String, _ verifier: String, _ session: SQL) throws -> SQL {
    let sql: SQL = """
      select outcome, session_id, counter, claims, account
      from auth.exchange_code(
          \(try Digest.hex(code)), \(try CodeChallenge.s256(of: verifier)), \(verifier),
          \(fragment: .seconds(Rules.flowLifetime)), \(fragment: session))
      """
    return sql.named("exchange_code")
  }
}
