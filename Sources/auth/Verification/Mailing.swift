import Core
import Crypto
import HTTP
import JSON
import Loop
import Postgres

/// A link and a code on their way to an address.
struct Mailing: Sendable {
  /// The digits to type in.
  let code: String
  /// What stands in the link.
  let linkHash: String
  let link: String
  /// Keep the token, note it in the log, and put the mail down: for the transaction of what causes them.
  let statements: [SQL]
}

/// Whom a link is mailed to, and on behalf of which account.
struct Addressee: Sendable {
  let account: UUID
  /// Where it goes.
  let recipient: String
  /// The account's address.
  let email: String
  /// The address that the account moves to.
  var newEmail = ""
  let data: JSON
}

extension Auth {
  /// - Parameters:
  ///   - challenge: what the sign-in was begun with that the link is to end; nil when the link
  ///     itself hands the session out.
  ///   - isSent: false when whoever asks delivers it.
  func mailing(
    _ purpose: MailPurpose,
    to addressee: Addressee,
    challenge: CodeChallenge?,
    redirect: String,
    isSent: Bool = true,
    _ ask: Ask
  ) throws -> Mailing {
    let code = try Self.randomDigits(rules.codeLength)
    let hash = try keys.linkHash(of: code, to: addressee.recipient)
    let linkHash = challenge == nil ? hash : VerifyLink.codePrefix + hash
    let link =
      "\(rules.externalURL)/auth/v1/verify?"
      + Form.text([
        ("token", linkHash), ("type", purpose.linkType), ("redirect_to", redirect),
      ])
    let flow = try challenge.map { (id: try UUID.random(), challenge: $0) }
    var statements: [SQL] = []
    if let flow {
      statements.append(
        beginFlow(flow.id, addressee.account, flow.challenge, purpose.linkType)
      )
    }
    let digest = try Digest.hex(linkHash)
    statements.append(issueToken(addressee, purpose, digest, flow?.id))
    if let act = purpose.act { statements.append(.note(act, byMailOf: addressee.account)) }
    if isSent {
      ask.hasMail = true
      statements.append(
        try mail.queue(
          MailContent(
            purpose.kind,
            to: addressee.recipient,
            confirmationURL: purpose == .reauthentication ? "" : link,
            token: code,
            tokenHash: linkHash,
            siteURL: rules.redirects.site,
            email: addressee.email,
            newEmail: addressee.newEmail,
            redirectTo: redirect,
            data: addressee.data
          ),
          token: digest
        )
      )
    }
    return Mailing(code: code, linkHash: linkHash, link: link, statements: statements)
  }

  /// To the address that a form of sign-up names.
  func mailing(
    _ purpose: MailPurpose,
    to account: some MailedAccount,
    _ form: SignUpForm,
    _ ask: Ask
  ) throws -> Mailing {
    try mailing(
      purpose,
      to: Addressee(
        account: account.id,
        recipient: form.address,
        email: form.address,
        data: account.data
      ),
      challenge: form.challenge,
      redirect: form.redirect,
      ask
    )
  }

  /// Where a link of this request's leads in the end.
  func redirect(of ask: Ask) -> String {
    rules.redirects.target(ask.query["redirect_to"], ask.request.header("referer"))
  }

  private static func randomDigits(_ count: Int) throws -> String {
    let bytes = try Random.bytes(8)
    let number = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    // 2^64 is so much larger than 10^10 that no code is likelier than another by more than 1e-9.
    let digits = String(number % (0..<count).reduce(UInt64(1)) { power, _ in power * 10 })
    return String(repeating: "0", count: count - digits.count) + digits
  }

  private func issueToken(
    _ addressee: Addressee,
    _ purpose: MailPurpose,
    _ digest: String,
    _ flow: UUID?
  ) -> SQL {
    let sql: SQL = """
      select auth.issue_token(
          \(addressee.account), \(purpose.tokenType), \(digest), \(addressee.recipient), \(flow))
      """
    return sql.named("issue_token")
  }

  private func beginFlow(
    _ id: UUID,
    _ account: UUID,
    _ challenge: CodeChallenge,
    _ method: String
  ) -> SQL {
    let sql: SQL = """
      select auth.begin_flow(\(id), \(account), \(challenge.text), \(challenge.method), \(method))
      """
    return sql.named("begin_flow")
  }
}
