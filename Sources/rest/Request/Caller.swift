import Core
import Crypto
import Glibc
import HTTP
import Loop

/// As whom a request acts.
struct Caller {
  enum Role: String {
    case anon
    case authenticated
    case serviceRole = "service_role"
  }

  var role: Role
  /// What `request.jwt.claims` holds.
  var claims: [UInt8]
  /// Of a user, for the log.
  var userID: String?

  static let anonymous = Caller(role: .anon, claims: Array(#"{"role":"anon"}"#.utf8))

  /// How long a statement may take.
  var statementTimeout: Duration { role == .anon ? .seconds(3) : .seconds(8) }
}

/// Tells from a request's credentials as whom it acts: `Authorization: Bearer` decides, and where it
/// is absent `apikey`, as Supabase's clients send it. Who sends neither is anonymous.
@Loop
final class Credentials {
  private let verifier: TokenVerifier?

  /// - Throws: ``ConfigurationError`` when the keys can't be read.
  init(_ configuration: Configuration) throws {
    verifier = try configuration.tokenVerifier()
  }

  func caller(of request: Request) throws -> Caller {
    guard request.count(of: "authorization") <= 1, request.count(of: "apikey") <= 1 else {
      throw Refusal.token("The credentials are given more than once")
    }
    let token =
      try request.withHeader("authorization") { try verify(Self.token($0)) }
      ?? request.withHeader("apikey") { try verify($0) }
    guard let token else { return .anonymous }
    switch token.bearer {
    case .anon: return Caller(role: .anon, claims: token.claims)
    case .serviceRole: return Caller(role: .serviceRole, claims: token.claims)
    case .user(let user):
      return Caller(role: .authenticated, claims: token.claims, userID: user.id)
    }
  }

  private func verify(_ token: UnsafeRawBufferPointer) throws -> JSONWebToken {
    guard let verifier else { throw Refusal.noSecret }
    do throws(TokenError) {
      return try verifier.verify(token.bindMemory(to: UInt8.self).span, at: Int(time(nil)))
    } catch {
      throw Self.refusal(error, token)
    }
  }

  /// What follows `Bearer` and spaces (RFC 6750 §2.1, RFC 9110 §11.4).
  private static func token(_ field: UnsafeRawBufferPointer) throws -> UnsafeRawBufferPointer {
    let space = UInt8(ascii: " ")
    let scheme = field.prefix { $0 != space }
    let token = field[scheme.endIndex...].drop { $0 == space }
    guard UnsafeRawBufferPointer(rebasing: scheme).equalsIgnoringCase("bearer"), !token.isEmpty
    else { throw Refusal.token("Authorization is not Bearer and a token") }
    return UnsafeRawBufferPointer(rebasing: token)
  }

  /// Enough for an honest client to see what to do, and nothing that helps to forge.
  private static func refusal(_ error: TokenError, _ token: UnsafeRawBufferPointer) -> Refusal {
    switch error {
    case .expired: return .claims("JWT expired")
    case .notYetValid: return .claims("JWT not yet valid")
    case .claim("aud"): return .claims("JWT not in audience")
    case .claim(let name): return .claims("JWT claim \(name) is missing or wrong")
    case .unknownKey: return .token("No suitable key or wrong key type")
    case .signature: return .token("JWT cryptographic operation failed")
    default:
      let parts = token.count { $0 == UInt8(ascii: ".") } + 1
      return parts == 3
        ? .token("JWT could not be decoded") : .token("Expected 3 parts in JWT; got \(parts)")
    }
  }
}
