import HTTP
import JSON
import Loop
import Postgres

/// Makes an account and mails its address a link that signs in and confirms it.
///
/// `POST /invite` with `{email, data}`
enum Invite: Endpoint {
  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    try auth.bearers.admin(of: ask)
    try auth.rules.checkEmail()
    let fields = try await ask.fields()
    guard let email = try fields.text("email") else {
      throw AuthFailure.invalid("Invite requires an email")
    }
    let form = SignUpForm(
      address: try EmailAddress.canonical(email),
      password: "",
      data: try fields.object("data"),
      challenge: nil,
      redirect: auth.redirect(of: ask)
    )
    let made = try await auth.invite(form, isSent: true, ask)
    return .uncached(made.account)
  }
}

extension Auth {
  /// What a link was made for, with the account as it then is.
  struct Invited {
    let mailing: Mailing
    let account: [UInt8]
  }

  /// - Parameter isSent: false when whoever asks delivers the link.
  /// - Throws: ``AuthFailure`` with `email_exists` for an address that is confirmed.
  func invite(_ form: SignUpForm, isSent: Bool, _ ask: Ask) async throws -> Invited {
    let session = session(ask)
    for _ in 0..<2 {
      let known = try await session.first(Account.find(form.address), as: Account.self)
      guard known?.isConfirmed != true else { throw AuthFailure.addressTaken }
      let new = try NewAccount(
        email: form.address,
        password: nil,
        data: form.data,
        isConfirmed: false
      )
      let id = known?.id ?? new.id
      let mailing = try mailing(
        .invite,
        to: Addressee(
          account: id,
          recipient: form.address,
          email: form.address,
          data: new.data
        ),
        challenge: nil,
        redirect: form.redirect,
        isSent: isSent,
        ask
      )
      // Whoever signed the address up before need not be who is invited.
      let statements =
        (known == nil ? [new.creation] : [.contest(id), .data(new.data, of: id)])
        + ["update auth.users set invited_at = now() where id = \(id)"]
        + mailing.statements + [Account.json(id)]
      if let rows = try await session.create(statements) {
        return Invited(mailing: mailing, account: try rows[rows.count - 1].json)
      }
    }
    throw AuthFailure.unavailable("Somebody else changes the same, try again")
  }
}
