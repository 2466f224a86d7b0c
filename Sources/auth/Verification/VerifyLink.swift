import Core
import Crypto
import HTTP
import Loop
import Postgres

/// Follows a link that was mailed: signs in, and leads on to where the sign-in was begun.
///
/// `GET /verify?token=…&type=…&redirect_to=…`
///
/// The session travels behind `#`, which no server sees; or, when the sign-in was begun with a
/// challenge, only a code does, behind `?`.
enum VerifyLink: Endpoint {
  /// In front of the hash in links that end a sign-in which was begun with a challenge.
  nonisolated static let codePrefix = "pkce_"
  nonisolated static let halfwayMessage =
    "Confirmation link accepted. Please proceed to confirm link sent to the other email"

  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    guard let token = ask.query["token"], !token.isEmpty else {
      throw AuthFailure.invalid("Verify requires a token or a token hash")
    }
    guard let type = ask.query["type"].flatMap(VerificationType.init) else {
      throw AuthFailure.invalid("Verify requires a verification type")
    }
    let target = auth.redirect(of: ask)
    do {
      let parts = try await follow(token, type, ask, auth)
      return leadOn(to: target, query: parts.query, fragment: parts.fragment)
    } catch {
      let failure = AuthFailure(error)
      let parts = [
        ("error", failure.status < 500 ? "access_denied" : "server_error"),
        ("error_code", failure.code.rawValue), ("error_description", failure.message),
      ]
      return leadOn(to: target, query: parts, fragment: parts)
    }
  }

  private typealias Parts = (query: [(String, String)], fragment: [(String, String)])

  private static func follow(
    _ token: String,
    _ type: VerificationType,
    _ ask: Ask,
    _ auth: Auth
  ) async throws -> Parts {
    try auth.rules.checkEmail()
    let proof = Proof(link: token)
    let session = auth.session(ask)
    let expired = AuthFailure(403, .otpExpired, proof.refusal)
    if token.hasPrefix(codePrefix) {
      let code = try Random.token()
      let sql = try verificationForCode(type, token, code, auth.rules)
      switch try await session.first(sql, as: CodeOutcome.self)?.outcome {
      case "ok": return ([("code", code)], [])
      case "half": return ([("message", halfwayMessage)], [])
      case nil: throw expired
      default:
        throw AuthFailure(404, .flowStateNotFound, "No valid flow state found for user.")
      }
    }
    let sql = try auth.verification(type, proof, type.method, ask)
    guard let verified = try await session.first(sql, as: SessionOutcome.self) else {
      throw expired
    }
    ask.context.caller = verified.userId
    guard let opened = verified.session else { return ([], [("message", halfwayMessage)]) }
    let tokens = try auth.tokens(of: opened)
    return (
      [],
      [
        ("access_token", tokens.access), ("expires_at", String(tokens.expiry)),
        ("expires_in", String(auth.rules.tokenLifetime)), ("refresh_token", tokens.refresh),
        ("token_type", "bearer"), ("type", type.rawValue),
      ]
    )
  }

  /// - Parameter target: a URL that is allowed; its own query stays, its fragment goes when there
  ///   is another.
  private static func leadOn(
    to target: String,
    query: [(String, String)],
    fragment: [(String, String)]
  ) -> Response {
    let pieces = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    var location = String(pieces[0])
    if !query.isEmpty { location += (location.contains("?") ? "&" : "?") + Form.text(query) }
    if !fragment.isEmpty {
      location += "#" + Form.text(fragment)
    } else if pieces.count > 1 {
      location += "#" + pieces[1]
    }
    return Response(
      status: 303,
      headers: [
        ("location", location), ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
      ]
    )
  }

  private struct CodeOutcome: Decodable {
    var outcome: String
  }

  private static func verificationForCode(
    _ type: VerificationType,
    _ token: String,
    _ code: String,
    _ rules: Rules
  ) throws -> SQL {
    let sql: SQL = """
      select outcome
      from auth.verify_for_code(
          \(type.tokenTypes), \([try Digest.hex(token)]),
          \(fragment: .seconds(rules.mailedLifetime)), \(type.method), \(try Digest.hex(code)))
      """
    return sql.named("verify_for_code")
  }
}
