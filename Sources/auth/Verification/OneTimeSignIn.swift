import HTTP
import Loop
import Postgres

/// Mails a link and a code to sign in with. Who has no account gets one that the link confirms,
/// unless the request says no. The answer tells none of it.
///
/// `POST /otp` with `{email, create_user, data}`, `POST /magiclink` with `{email, data}`
enum OneTimeSignIn: Endpoint {
  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    let fields = try await ask.fields()
    guard try fields.text("phone") == nil else {
      throw AuthFailure(400, .phoneProviderDisabled, "Unsupported phone provider")
    }
    guard let email = try fields.text("email") else {
      throw AuthFailure.invalid("One of email or phone must be set")
    }
    try auth.rules.checkEmail()
    let form = SignUpForm(
      address: try EmailAddress.canonical(email),
      password: "",
      data: try fields.object("data"),
      challenge: try CodeChallenge(fields),
      redirect: auth.redirect(of: ask)
    )
    let mayCreate = try fields.flag("create_user") ?? true
    return try await auth.limits.countingMail(.magicLink, to: form.address, of: ask) {
      try await auth.atLeastAsLong {
        try await mail(form, mayCreate && auth.rules.isSignUpOpen, ask, auth)
        return .nothingToTell
      }
    }
  }

  private static func mail(
    _ form: SignUpForm,
    _ mayCreate: Bool,
    _ ask: Ask,
    _ auth: Auth
  ) async throws {
    let session = auth.session(ask)
    for _ in 0..<2 {
      if let account = try await session.first(Account.find(form.address), as: Account.self) {
        guard !account.isBanned else { return }
        return try await auth.mail(.magicLink, to: account, at: form.address, form.challenge, ask)
      }
      guard mayCreate else { return }
      let new = try NewAccount(
        email: form.address,
        password: nil,
        data: form.data,
        isConfirmed: false
      )
      let mailing = try auth.mailing(.signUp, to: new, form, ask)
      let isMade = try await session.create([new.creation] + mailing.statements) != nil
      if isMade { return }
    }
    throw AuthFailure.unavailable("Somebody else changes the same, try again")
  }
}
