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
      try request.withHeader("authorization") { field in
        guard let token = field.bearerToken else {
          throw Refusal.token("Authorization is not Bearer and a token")
        }
        return try verify(token)
      }
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
