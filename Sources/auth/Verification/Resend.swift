import HTTP
import JSON
import Loop
import Postgres

/// Mails again what a sign-up or a change of address waits for. The answer does not tell whether
/// there is one.
///
/// `POST /resend` with `{type: signup|email_change, email}`
enum Resend: Endpoint {
  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    let fields = try await ask.fields()
    let type = try fields.text("type")
    guard try fields.text("phone") == nil, type != "sms", type != "phone_change" else {
      throw AuthFailure(400, .phoneProviderDisabled, "Unsupported phone provider")
    }
    guard let type, type == "signup" || type == "email_change" else {
      throw AuthFailure.invalid("Missing one of these types: signup, email_change")
    }
    guard let email = try fields.text("email") else {
      throw AuthFailure.invalid("Type provided requires an email address")
    }
    try auth.rules.checkEmail()
    let address = try EmailAddress.canonical(email)
    let challenge = try CodeChallenge(fields)
    let isSignUp = type == "signup"
    let purpose: MailPurpose = isSignUp ? .signUp : .newAddress
    return try await auth.limits.countingMail(purpose, to: address, of: ask) {
      try await auth.atLeastAsLong {
        try await mail(to: address, isSignUp: isSignUp, challenge, ask, auth)
        return .nothingToTell
      }
    }
  }

  private static func mail(
    to address: String,
    isSignUp: Bool,
    _ challenge: CodeChallenge?,
    _ ask: Ask,
    _ auth: Auth
  ) async throws {
    let account = try await auth.session(ask).first(Account.find(address), as: Account.self)
    guard let account, !account.isBanned else { return }
    if isSignUp, !account.isConfirmed {
      try await auth.mail(.signUp, to: account, at: address, challenge, ask)
    } else if !isSignUp, let new = account.emailChange, !new.isEmpty {
      try await auth.mailChange(of: account, to: new, challenge, ask)
    }
  }
}

extension Auth {
  /// Mails both addresses of an account that moves, or the new one alone when the old one has no
  /// say.
  func mailChange(
    of account: Account,
    to new: String,
    _ challenge: CodeChallenge?,
    _ ask: Ask
  ) async throws {
    // Who had a say when the change was asked for may have none by now.
    let planning = mustAgree(account) ? [] : [plan(of: account, to: new)]
    let mailings = try changeMailings(of: account, to: new, challenge, ask)
    _ = try await session(ask).run(
      planning + mailings.flatMap(\.statements),
      function: "mail_change"
    )
  }

  func plan(of account: Account, to address: String) -> SQL {
    let sql: SQL = """
      select auth.plan_email_change(\(account.id), \(address), \(mustAgree(account)))
      """
    return sql.named("plan_email_change")
  }

  /// Whether an account moves only when its present address agrees.
  private func mustAgree(_ account: Account) -> Bool {
    rules.isEmailChangeDouble && account.isConfirmed && account.address != nil
  }

  func changeMailings(
    of account: Account,
    to new: String,
    _ challenge: CodeChallenge?,
    _ ask: Ask
  ) throws -> [Mailing] {
    let old = account.address
    var addressees: [(MailPurpose, String)] = [(.newAddress, new)]
    if mustAgree(account), let old {
      addressees.append((.oldAddress, old))
    }
    return try addressees.map { purpose, recipient in
      try mailing(
        purpose,
        to: Addressee(
          account: account.id,
          recipient: recipient,
          email: old ?? "",
          newEmail: new,
          data: account.data
        ),
        challenge: challenge,
        redirect: redirect(of: ask),
        ask
      )
    }
  }
}
