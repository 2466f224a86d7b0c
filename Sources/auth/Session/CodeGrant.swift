import Core
import HTTP
import Loop
import Postgres

/// Ends a sign-in that a link was opened for.
///
/// `POST /token?grant_type=pkce` with `{auth_code, code_verifier}`
enum CodeGrant: Endpoint {
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
      as: SessionOutcome.self
    )
    ask.context.caller = exchanged.userId
    guard let session = exchanged.session else { throw refusal(exchanged.outcome) }
    return try auth.answer(with: session)
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
      select \(fragment: .sessionOutcome)
      from auth.exchange_code(
          \(try Digest.hex(code)), \(try CodeChallenge.s256(of: verifier)), \(verifier),
          \(fragment: .seconds(Rules.flowLifetime)), \(fragment: session))
      """
    return sql.named("exchange_code")
  }
}
