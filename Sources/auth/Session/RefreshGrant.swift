import Core
import HTTP
import JSON
import Loop
import Postgres
import Telemetry

/// Gives the next tokens of a session for its refresh token.
///
/// `POST /token?grant_type=refresh_token` with `{refresh_token}`
enum RefreshGrant: Endpoint {
  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    guard let token = try await ask.fields().text("refresh_token") else {
      throw AuthFailure.oauth("invalid_request", "refresh_token required")
    }
    let sql: SQL
    if let (session, counter) = try auth.keys.session(of: token) {
      sql = refresh(session, counter, ask, auth.rules)
    } else if hasOlderForm(token) {
      sql = refresh(older: token, ask, auth.rules)
    } else {
      throw notFound
    }
    let refreshed = try await auth.session(ask).one(sql, as: SessionOutcome.self)
    ask.context.caller = refreshed.userId
    guard let session = refreshed.session else {
      if refreshed.outcome == "refresh_token_already_used" {
        Log.warning("a refresh token was used again, its session ends") { line in
          line.add("request_id", ask.context.requestID)
          line.add("session_id", refreshed.sessionId?.description)
        }
      }
      throw refusal(refreshed.outcome)
    }
    return try auth.answer(with: session)
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

  /// Whether it may be one that a project brought along, and is worth looking for: 12 or 22 letters.
  private static func hasOlderForm(_ token: String) -> Bool {
    [12, 22].contains(token.utf8.count)
      && token.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }

  private static func refresh(older token: String, _ ask: Ask, _ rules: Rules) -> SQL {
    let sql: SQL = """
      select \(fragment: .sessionOutcome)
      from auth.refresh_older_session(
          \(token), \(fragment: .seconds(rules.reuseInterval)),
          \(fragment: .seconds(rules.sessionInactivity)), \(ask.userAgent), \(untyped: ask.ip))
      """
    return sql.named("refresh_older_session")
  }

  private static func refresh(_ session: UUID, _ counter: Int, _ ask: Ask, _ rules: Rules) -> SQL {
    let sql: SQL = """
      select \(fragment: .sessionOutcome)
      from auth.refresh_session(
          \(session), \(counter), \(fragment: .seconds(rules.reuseInterval)),
          \(fragment: .seconds(rules.sessionInactivity)), \(ask.userAgent), \(untyped: ask.ip))
      """
    return sql.named("refresh_session")
  }
}
