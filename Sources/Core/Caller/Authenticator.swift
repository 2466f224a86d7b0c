import Crypto
import Glibc
package import HTTP
package import Loop
import Postgres

/// Tells from a request's credentials who sends it.
///
/// `Authorization: Bearer` decides; where it is absent, `apikey` (the anon or the service key)
/// does, as Supabase's clients send it. Neither is needed where visitors are allowed.
@Loop
package final class Authenticator {
  private let verifier: TokenVerifier?

  /// - Throws: ``ConfigurationError`` when the keys can't be read.
  package init(_ configuration: Configuration) throws {
    verifier = try configuration.tokenVerifier()
  }

  /// - Throws: ``Failure`` with UNAUTHORIZED for credentials that prove nothing, with
  ///   NOT_CONFIGURED when there are no keys to check them with.
  package func bearer(of request: Request) throws -> Bearer {
    guard request.count(of: "authorization") <= 1, request.count(of: "apikey") <= 1 else {
      throw Failure.unauthorized("the credentials are given more than once")
    }
    let verified =
      try request.withHeader("authorization") { field in
        guard let token = field.bearerToken else {
          throw Failure.unauthorized("Authorization is not Bearer and a token")
        }
        return try verify(token)
      }
      ?? request.withHeader("apikey") { try verify($0) }
    switch verified?.bearer {
    case nil: return .nobody
    case .anon: return .nobody
    case .serviceRole: return .service(onBehalfOf: try Self.owner(request))
    case .user(let user):
      guard let id = UUID(user.id) else { throw Failure.unauthorized("the token is not valid") }
      return .user(User(id: id, claims: verified?.claims ?? []))
    }
  }

  private func verify(_ token: UnsafeRawBufferPointer) throws -> JSONWebToken {
    guard let verifier else { throw Failure.notConfigured("JWT_JWKS") }
    do {
      return try verifier.verify(token.bindMemory(to: UInt8.self).span, at: Int(time(nil)))
    } catch {
      throw Failure.unauthorized("the token is not valid", reason: Self.reason(error))
    }
  }

  private static func owner(_ request: Request) throws -> UUID? {
    guard let text = request.header("on-behalf-of") else { return nil }
    guard let id = UUID(text) else {
      throw Failure(.invalidRequest, "On-Behalf-Of is not a UUID")
    }
    return id
  }

  /// Enough for an honest client to see what to do, and nothing that helps to forge.
  private static func reason(_ error: TokenError) -> String {
    switch error {
    case .expired: "it has expired"
    case .notYetValid: "it is not valid yet"
    case .unknownKey: "it is signed with a key that is not known here"
    case .signature: "its signature is wrong"
    case .claim(let name): "its claim \(name) is missing or wrong"
    default: "it is malformed"
    }
  }
}
