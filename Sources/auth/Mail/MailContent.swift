package import JSON

/// What a mail is to say: whom it goes to, and what its template's variables stand for.
package struct MailContent: Sendable, Equatable {
  /// Which template it is made from.
  package enum Kind: String, Sendable, CaseIterable {
    case confirmation
    case recovery
    case magicLink = "magic_link"
    case emailChange = "email_change"
    case invite
    case reauthentication
  }

  package var kind: Kind
  /// Where it goes: of a change of address there are two mails, to the old and to the new one.
  package var recipient: String
  /// `{{ .ConfirmationURL }}`: the link to follow.
  package var confirmationURL: String
  /// `{{ .Token }}`: the code to type in.
  package var token: String
  /// `{{ .TokenHash }}`: for links that a deployer's own page answers.
  package var tokenHash: String
  /// `{{ .SiteURL }}`
  package var siteURL: String
  /// `{{ .Email }}`: the account's address.
  package var email: String
  /// `{{ .NewEmail }}`: the address that it changes to.
  package var newEmail: String
  /// `{{ .RedirectTo }}`: where the link leads in the end.
  package var redirectTo: String
  /// `{{ .Data.key }}`: the account's own metadata, an object.
  package var data: JSON

  package init(
    _ kind: Kind,
    to recipient: String,
    confirmationURL: String = "",
    token: String = "",
    tokenHash: String = "",
    siteURL: String = "",
    email: String = "",
    newEmail: String = "",
    redirectTo: String = "",
    data: JSON = .object([])
  ) {
    self.kind = kind
    self.recipient = recipient
    self.confirmationURL = confirmationURL
    self.token = token
    self.tokenHash = tokenHash
    self.siteURL = siteURL
    self.email = email
    self.newEmail = newEmail
    self.redirectTo = redirectTo
    self.data = data
  }
}

// MARK: - As it lies in the database, sealed

extension MailContent {
  /// What the seal holds: all but kind and recipient, which stand beside it.
  var variables: JSON {
    [
      "confirmation_url": .string(confirmationURL), "token": .string(token),
      "token_hash": .string(tokenHash), "site_url": .string(siteURL), "email": .string(email),
      "new_email": .string(newEmail), "redirect_to": .string(redirectTo), "data": data,
    ]
  }

  /// A variable that is missing is empty, so that mail of an older version can be read.
  init(_ kind: Kind, to recipient: String, variables: JSON) {
    func text(_ name: String) -> String {
      if case .string(let text)? = variables[name] { text } else { "" }
    }
    self.init(
      kind,
      to: recipient,
      confirmationURL: text("confirmation_url"),
      token: text("token"),
      tokenHash: text("token_hash"),
      siteURL: text("site_url"),
      email: text("email"),
      newEmail: text("new_email"),
      redirectTo: text("redirect_to"),
      data: variables["data"] ?? .object([])
    )
  }
}
