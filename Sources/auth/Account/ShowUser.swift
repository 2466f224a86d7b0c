import HTTP
import Loop

/// The account of who asks.
///
/// `GET /user`
enum ShowUser: Endpoint {
  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    .uncached(Array(try await auth.bearer(of: ask).account.utf8))
  }
}
