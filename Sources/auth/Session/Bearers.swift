import Core
import Crypto
import Glibc
import HTTP
import JSON
import Loop
import Postgres

/// Reads the tokens that requests carry.
@Loop
final class Bearers {
  private static let adminRoles: Set<String> = ["service_role", "supabase_admin"]

  private let verifier: TokenVerifier

  /// - Throws: ``ConfigurationError`` when there are no keys to check with.
  init(_ configuration: Configuration) throws {
    do {
      verifier = try TokenVerifier(
        keys: KeySet(jwks: configuration[.jwks], secret: configuration[.jwtSecret]),
        rules: TokenRules(issuer: configuration.issuer)
      )
    } catch {
      throw ConfigurationError("JWT_JWKS or JWT_SECRET can't be used: \(error)")
    }
  }

  /// A user's token.
  ///
  /// - Throws: ``AuthFailure`` with `no_authorization` or `bad_jwt`.
  func user(of request: Request) throws -> JSONWebToken.User {
    let token = try Self.token(of: request)
    let verified: JSONWebToken
    do {
      verified = try verifier.verify(token, at: Int(time(nil)))
    } catch {
      throw Self.refusal(error)
    }
    guard let user = verified.user else {
      throw AuthFailure(403, .badJWT, "invalid claim: missing sub claim")
    }
    return user
  }

  /// A token of the backend itself. Whoever signs such tokens may leave out when they end and whom
  /// they are for: the signature and the role count.
  ///
  /// - Throws: ``AuthFailure`` with `no_authorization`, `bad_jwt` or `not_admin`.
  func admin(of ask: Ask) throws {
    let token = try Self.token(of: ask.request)
    let claims: JSON
    do {
      claims = try JSON(parsing: verifier.signedClaims(of: token.utf8.span, at: Int(time(nil))))
    } catch let error as TokenError {
      throw Self.refusal(error)
    }
    guard case .string(let role)? = claims["role"], Self.adminRoles.contains(role) else {
      throw AuthFailure(403, .notAdmin, "User not allowed")
    }
    ask.admin = role
  }

  private static func token(of request: Request) throws -> String {
    guard request.count(of: "authorization") <= 1 else {
      throw AuthFailure(403, .badJWT, "invalid JWT: the credentials are given more than once")
    }
    let token = request.withHeader("authorization") { field in
      field.bearerToken.map { String(decoding: $0, as: UTF8.self) }
    }
    guard case let token?? = token else {
      throw AuthFailure(401, .noAuthorization, "This endpoint requires a valid Bearer token")
    }
    return token
  }

  private static func refusal(_ error: TokenError) -> AuthFailure {
    let reason =
      switch error {
      case .expired: "token is expired"
      case .notYetValid: "token is not valid yet"
      case .unknownKey: "unrecognized key"
      case .signature: "signature is invalid"
      case .claim(let name): "claim \(name) is missing or wrong"
      default: "token is malformed"
      }
    return AuthFailure(
      403,
      .badJWT,
      "invalid JWT: unable to parse or verify signature, \(reason)"
    )
  }
}

/// Somebody who is signed in, as the database has it now.
struct SignedIn: Sendable {
  let user: UUID
  /// Nil for tokens of other issuers, which name none.
  let session: UUID?
  /// JSON: the account as clients see it.
  let account: String
  let since: Timestamp?
}

extension Auth {
  private struct Standing: Decodable {
    var standing: String
    var account: String?
    var signedInAt: Timestamp?
  }

  /// Who sends a request with a token of a session that has not ended.
  func bearer(of ask: Ask) async throws -> SignedIn {
    let token = try bearers.user(of: ask.request)
    guard let user = UUID(token.id) else {
      throw AuthFailure(403, .badJWT, "invalid claim: sub claim must be a UUID")
    }
    ask.context.caller = user
    let session = token.sessionID.flatMap { UUID($0) }
    let sql: SQL = """
      select standing, account, signed_in_at from auth.standing(\(user), \(session))
      """
    let row = try await self.session(ask, isReadOnly: true)
      .one(sql.named("standing"), as: Standing.self)
    guard row.standing == "ok", let account = row.account else { throw Self.refusal(row.standing) }
    return SignedIn(user: user, session: session, account: account, since: row.signedInAt)
  }

  private static func refusal(_ standing: String) -> AuthFailure {
    switch standing {
    case "session_not_found":
      AuthFailure(
        403,
        .sessionNotFound,
        "Session from session_id claim in JWT does not exist"
      )
    case "session_expired": AuthFailure(403, .sessionExpired, "Session has expired")
    case "user_banned": AuthFailure(403, .userBanned, "User is banned")
    default: AuthFailure(403, .userNotFound, "User from sub claim in JWT does not exist")
    }
  }
}
