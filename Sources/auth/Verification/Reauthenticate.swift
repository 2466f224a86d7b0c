import HTTP
import JSON
import Loop
import Postgres

/// Mails a code that a change of password may need.
///
/// `GET /reauthenticate`
enum Reauthenticate: Endpoint {
  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    let bearer = try await auth.bearer(of: ask)
    try auth.rules.checkEmail()
    let account = try await auth.session(ask).first(Account.read(bearer.user), as: Account.self)
    guard let account, let address = account.address else {
      throw AuthFailure.invalid("Reauthentication requires the user to have an email")
    }
    guard account.isConfirmed else {
      throw AuthFailure(422, .emailNotConfirmed, "Please verify your email first.")
    }
    return try await auth.limits.countingMail(.reauthentication, to: address, of: ask) {
      try await auth.mail(.reauthentication, to: account, at: address, nil, ask)
      return .nothingToTell
    }
  }
}
