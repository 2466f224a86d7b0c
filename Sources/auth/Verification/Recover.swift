import HTTP
import Loop
import Postgres

/// Mails a link to whoever forgot the password. The answer does not tell whether anybody has that
/// address.
///
/// `POST /recover` with `{email}`
enum Recover: Endpoint {
  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    let fields = try await ask.fields()
    guard let email = try fields.text("email") else {
      throw AuthFailure.invalid("Password recovery requires an email")
    }
    try auth.rules.checkEmail()
    let address = try EmailAddress.canonical(email)
    let challenge = try CodeChallenge(fields)
    return try await auth.limits.countingMail(.recovery, to: address, of: ask) {
      try await auth.atLeastAsLong {
        try await auth.mail(.recovery, to: address, challenge, ask)
        return .nothingToTell
      }
    }
  }
}

extension Auth {
  /// Mails the account of the address, if there is one that can sign in.
  func mail(
    _ purpose: MailPurpose,
    to address: String,
    _ challenge: CodeChallenge?,
    _ ask: Ask
  ) async throws {
    let session = session(ask)
    let account = try await session.first(Account.find(address), as: Account.self)
    guard let account, !account.isBanned else { return }
    try await mail(purpose, to: account, at: address, challenge, ask)
  }

  func mail(
    _ purpose: MailPurpose,
    to account: Account,
    at address: String,
    _ challenge: CodeChallenge?,
    _ ask: Ask
  ) async throws {
    let mailing = try mailing(
      purpose,
      to: Addressee(
        account: account.id,
        recipient: address,
        email: account.address ?? "",
        newEmail: account.emailChange ?? "",
        data: account.data
      ),
      challenge: challenge,
      redirect: redirect(of: ask),
      ask
    )
    _ = try await session(ask).run(mailing.statements, function: "mail_link")
  }
}
