import Core
import HTTP
import JSON
import Loop
import Postgres

/// Makes a link and its code for an admin to deliver; nothing is mailed.
///
/// `POST /admin/generate_link` with `{type, email, password, new_email, data, redirect_to}`
///
/// The answer is the account with `action_link`, `email_otp`, `hashed_token`, `verification_type`
/// and `redirect_to` beside its own members.
enum GenerateLink: Endpoint {
  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    try auth.bearers.admin(of: ask)
    try auth.rules.checkEmail()
    let fields = try await ask.fields()
    let type = try fields.text("type") ?? ""
    guard let email = try fields.text("email") else {
      throw AuthFailure.invalid("generate_link requires an email")
    }
    let form = SignUpForm(
      address: try EmailAddress.canonical(email),
      password: try fields.text("password") ?? "",
      data: try fields.object("data"),
      challenge: nil,
      redirect: auth.rules.redirects.target(
        ask.query["redirect_to"],
        try fields.text("redirect_to"),
        ask.request.header("referer")
      )
    )
    let made: (purpose: MailPurpose, invited: Auth.Invited)
    switch type {
    case "signup": made = (.signUp, try await signUp(form, ask, auth))
    case "invite": made = (.invite, try await auth.invite(form, isSent: false, ask))
    case "magiclink": made = try await magicLink(form, ask, auth)
    case "recovery": made = (.recovery, try await link(.recovery, form, ask, auth))
    case "email_change_current", "email_change_new":
      let new = try EmailAddress.canonical(try fields.text("new_email") ?? "")
      let purpose: MailPurpose = type == "email_change_new" ? .newAddress : .oldAddress
      made = (purpose, try await change(to: new, purpose, form, ask, auth))
    default: throw AuthFailure.invalid("Invalid email action link type requested: \(type)")
    }
    return answer(made.purpose, type, made.invited, form)
  }

  private static func answer(
    _ purpose: MailPurpose,
    _ type: String,
    _ made: Auth.Invited,
    _ form: SignUpForm
  ) -> Response {
    let isChange = type.hasPrefix("email_change")
    let members: JSON = [
      "action_link": .string(made.mailing.link), "email_otp": .string(made.mailing.code),
      "hashed_token": .string(made.mailing.linkHash),
      "verification_type": .string(isChange ? type : purpose.linkType),
      "redirect_to": .string(form.redirect),
    ]
    let body = made.account.dropLast() + [UInt8(ascii: ",")] + members.bytes.dropFirst()
    return .uncached(Array(body))
  }

  private static func signUp(
    _ form: SignUpForm,
    _ ask: Ask,
    _ auth: Auth
  ) async throws -> Auth.Invited {
    guard !form.password.isEmpty else {
      throw AuthFailure.invalid("Signup requires a valid password")
    }
    try auth.rules.passwords.check(form.password)
    let hash = try await auth.hasher.hash(form.password)
    return try await makeAccount(form, password: hash, ask, auth)
  }

  /// For an address that has no confirmed account.
  private static func makeAccount(
    _ form: SignUpForm,
    password: String?,
    _ ask: Ask,
    _ auth: Auth
  ) async throws -> Auth.Invited {
    let session = auth.session(ask)
    let known = try await session.first(Account.find(form.address), as: Account.self)
    guard known?.isConfirmed != true else { throw AuthFailure.addressTaken }
    let new = try NewAccount(
      email: form.address,
      password: password,
      data: form.data,
      isConfirmed: false
    )
    let id = known?.id ?? new.id
    let mailing = try auth.mailing(
      .signUp,
      to: Addressee(
        account: id,
        recipient: form.address,
        email: form.address,
        data: new.data
      ),
      challenge: nil,
      redirect: form.redirect,
      isSent: false,
      ask
    )
    // Whoever signed the address up before need not be whom the link is for.
    let account: [SQL] =
      known == nil
      ? [new.creation]
      : [
        .contest(id), "select auth.set_password(\(id), \(password ?? ""))",
        .data(new.data, of: id),
      ]
    let statements = account + mailing.statements + [Account.json(id)]
    guard let rows = try await session.create(statements) else { throw AuthFailure.addressTaken }
    return Auth.Invited(mailing: mailing, account: try rows[rows.count - 1].json)
  }

  private static func magicLink(
    _ form: SignUpForm,
    _ ask: Ask,
    _ auth: Auth
  ) async throws -> (MailPurpose, Auth.Invited) {
    let known = try await auth.session(ask).first(Account.find(form.address), as: Account.self)
    guard known != nil else {
      return (.signUp, try await makeAccount(form, password: nil, ask, auth))
    }
    return (.magicLink, try await link(.magicLink, form, ask, auth))
  }

  /// For an address that has an account.
  private static func link(
    _ purpose: MailPurpose,
    _ form: SignUpForm,
    _ ask: Ask,
    _ auth: Auth
  ) async throws -> Auth.Invited {
    let account = try await known(form, ask, auth)
    let mailing = try auth.mailing(
      purpose,
      to: Addressee(
        account: account.id,
        recipient: form.address,
        email: form.address,
        data: account.data
      ),
      challenge: nil,
      redirect: form.redirect,
      isSent: false,
      ask
    )
    let statements = mailing.statements + [Account.json(account.id)]
    let rows = try await auth.session(ask).run(statements, function: "generate_link")
    return Auth.Invited(mailing: mailing, account: try rows[rows.count - 1].json)
  }

  private static func known(_ form: SignUpForm, _ ask: Ask, _ auth: Auth) async throws -> Account {
    guard
      let account = try await auth.session(ask).first(Account.find(form.address), as: Account.self)
    else { throw AuthFailure(404, .userNotFound, "User with this email not found") }
    return account
  }

  private static func change(
    to new: String,
    _ purpose: MailPurpose,
    _ form: SignUpForm,
    _ ask: Ask,
    _ auth: Auth
  ) async throws -> Auth.Invited {
    let account = try await known(form, ask, auth)
    let session = auth.session(ask)
    guard try await session.first(Account.find(new), as: Account.self) == nil else {
      throw AuthFailure.addressTaken
    }
    let mailing = try auth.mailing(
      purpose,
      to: Addressee(
        account: account.id,
        recipient: purpose == .newAddress ? new : form.address,
        email: form.address,
        newEmail: new,
        data: account.data
      ),
      challenge: nil,
      redirect: form.redirect,
      isSent: false,
      ask
    )
    let isPlanned = account.emailChange == new
    let planning = isPlanned ? [] : [auth.plan(of: account, to: new)]
    let statements = planning + mailing.statements + [Account.json(account.id)]
    let rows = try await session.run(statements, function: "generate_link")
    return Auth.Invited(mailing: mailing, account: try rows[rows.count - 1].json)
  }
}
