import HTTP
import Loop
import Postgres

/// Ends sessions: all of the user's, this one, or all but this one.
///
/// `POST /logout?scope=global|local|others`
enum SignOut: Endpoint {
  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    let scope = ask.query["scope"] ?? "global"
    guard ["global", "local", "others"].contains(scope) else {
      throw AuthFailure.invalid("Unsupported logout scope \"\(scope.prefix(32))\"")
    }
    let bearer = try await auth.bearer(of: ask)
    let session = bearer.session
    let sql: SQL = "select auth.end_sessions(\(bearer.user), \(session), \(scope))"
    try await auth.session(ask).run(sql.named("end_sessions"))
    return Response(status: 204)
  }
}
