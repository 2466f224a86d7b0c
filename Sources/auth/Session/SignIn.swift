import HTTP
import JSON
import Loop
import Postgres

/// A session as the database has opened or refreshed it.
struct OpenSession: Decodable, Sendable {
  var sessionId: UUID
  var userId: UUID
  /// The number of the refresh token that counts.
  var counter: Int
  /// JSON: what the access token says.
  var claims: String
  /// JSON: the account as clients see it.
  var account: String
}

/// What became of an attempt to open or refresh a session.
struct SessionOutcome: Decodable, Sendable {
  /// `ok`, or why there is no session.
  var outcome: String
  var sessionId: UUID?
  var userId: UUID?
  var counter: Int?
  var claims: String?
  var account: String?

  var session: OpenSession? {
    guard outcome == "ok", let sessionId, let userId, let counter, let claims, let account else {
      return nil
    }
    return OpenSession(
      sessionId: sessionId,
      userId: userId,
      counter: counter,
      claims: claims,
      account: account
    )
  }
}

extension SQL {
  /// The columns of ``SessionOutcome``.
  static let sessionOutcome: SQL = "outcome, session_id, user_id, counter, claims, account"
}

extension Auth {
  /// What ``OpenSession`` is made of, in the order of `auth.open_session`'s arguments after the
  /// method.
  func sessionArguments(_ ask: Ask) -> SQL {
    """
    \(ask.userAgent), \(untyped: ask.ip), \(fragment: .seconds(rules.sessionTimebox)),
    \(rules.isSessionSingle)
    """
  }

  /// Signs an account in that has proved who it is.
  func openSession(of user: UUID, by method: SignInMethod, _ ask: Ask) -> SQL {
    let sql: SQL = """
      select session_id, user_id, counter, claims, account
      from auth.open_session(\(user), \(method), \(fragment: sessionArguments(ask)))
      """
    return sql.named("open_session")
  }

  /// What clients keep: `access_token`, `token_type`, `expires_in`, `expires_at`, `refresh_token`,
  /// `user`.
  ///
  /// - Parameter extra: members after those.
  func answer(with session: OpenSession, extra: [JSON.Member] = []) throws -> Response {
    let tokens = try tokens(of: session)
    var body: [UInt8] = []
    body.append(
      json: [
        "access_token": .string(tokens.access), "token_type": "bearer",
        "expires_in": JSON(rules.tokenLifetime), "expires_at": JSON(tokens.expiry),
        "refresh_token": .string(tokens.refresh),
      ]
    )
    body.removeLast()
    body += Array(#","user":"#.utf8) + Array(session.account.utf8)
    for member in extra {
      body.append(UInt8(ascii: ","))
      body.append(jsonString: member.name)
      body.append(UInt8(ascii: ":"))
      body.append(json: member.value)
    }
    body.append(UInt8(ascii: "}"))
    var response = Response.uncached(body)
    response.headers.append(("sb-auth-session-id", session.sessionId.description))
    response.headers.append(("sb-auth-user-id", session.userId.description))
    return response
  }

  /// The two tokens of a session, made now.
  func tokens(
    of session: OpenSession
  ) throws -> (access: String, expiry: Int, refresh: String) {
    let access = try keys.accessToken(
      session.claims,
      issuer: rules.issuer,
      lifetime: rules.tokenLifetime
    )
    let refresh = try keys.refreshToken(of: session.sessionId, counter: session.counter)
    return (access.text, access.expiry, refresh)
  }
}

/// How somebody proved who it is: `amr` of a token.
enum SignInMethod: String, Bindable {
  case password
  case otp
  case magicLink = "magiclink"
  case recovery
  case signUp = "email/signup"
  case invite
  case emailChange = "email_change"
  case anonymous
}

extension SQL {
  /// An `interval`; null for nil.
  static func seconds(_ count: Int?) -> SQL {
    "make_interval(secs => \(count.map(Double.init)))"
  }
}

extension Response {
  /// JSON of somebody's own.
  static func uncached(_ json: [UInt8], status: Int = 200) -> Response {
    var response = Response(status: status, json: json)
    response.headers.append(("cache-control", "no-store"))
    return response
  }

  /// `{}`: the answer that tells nothing.
  static var nothingToTell: Response { uncached(Array("{}".utf8)) }
}
