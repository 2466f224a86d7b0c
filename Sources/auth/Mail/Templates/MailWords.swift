/// What a mail of auth's own says: one heading, a sentence or two, a button, a code.
struct MailWords: Sendable {
  /// The subject, and the heading.
  let title: String
  let paragraphs: [String]
  /// On the button; nil for a mail that has a code alone.
  let action: String?
  /// What leads to the code.
  let code: String
  /// For whoever did not ask for it.
  let ending: String

  static func of(_ kind: MailContent.Kind) -> MailWords {
    switch kind {
    case .confirmation: confirmation
    case .recovery: recovery
    case .magicLink: magicLink
    case .emailChange: emailChange
    case .invite: invite
    case .reauthentication: reauthentication
    }
  }

  private static let confirmation = MailWords(
    title: "Confirm your e-mail address",
    paragraphs: [
      "Thank you for signing up with {{ .Email }}.",
      "Confirm that this address is yours, and your account is ready.",
    ],
    action: "Confirm my address",
    code: "Or enter this code:",
    ending: "If you did not sign up, you need not do anything: no account will be opened."
  )

  private static let recovery = MailWords(
    title: "Reset your password",
    paragraphs: ["Somebody asked for a new password for the account of {{ .Email }}."],
    action: "Choose a new password",
    code: "Or enter this code:",
    ending: "If that was not you, you need not do anything: your password stays as it is."
  )

  private static let magicLink = MailWords(
    title: "Your sign-in link",
    paragraphs: ["Sign in as {{ .Email }} with one click. The link works once."],
    action: "Sign in",
    code: "Or enter this code:",
    ending: "If you did not ask for it, ignore this mail and give the code to nobody."
  )

  private static let emailChange = MailWords(
    title: "Confirm your new e-mail address",
    paragraphs: ["The address of your account is to change from {{ .Email }} to {{ .NewEmail }}."],
    action: "Confirm the change",
    code: "Or enter this code:",
    ending: "If you did not ask for it, do not confirm it, and change your password."
  )

  private static let invite = MailWords(
    title: "You are invited",
    paragraphs: ["You have been invited to open an account with {{ .Email }} at {{ .SiteURL }}."],
    action: "Accept the invitation",
    code: "Or enter this code:",
    ending: "If you do not want one, you need not do anything."
  )

  private static let reauthentication = MailWords(
    title: "Your confirmation code",
    paragraphs: ["You are about to change something that needs to be confirmed once more."],
    action: nil,
    code: "Enter this code:",
    ending: "If that was not you, give the code to nobody, and change your password."
  )
}

// MARK: - As templates

extension MailWords {
  var text: String {
    var blocks = [title] + paragraphs
    if let action { blocks.append("\(action):\n{{ .ConfirmationURL }}") }
    blocks += ["\(code) {{ .Token }}", ending]
    return blocks.joined(separator: "\n\n") + "\n"
  }

  /// Readable without images, styles or a wide screen, in the dark, and by a screen reader.
  var html: String {
    let body =
      paragraphs.map { "<p style=\"margin:0 0 16px\">\($0)</p>" } + (action.map(button) ?? [])
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\(title)</title>
      </head>
      <body style="margin:0;padding:0;background-color:#f4f4f5;color:#18181b;\
      font-family:system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif">
      <table role="presentation" width="100%" cellpadding="0" cellspacing="0">
      <tr><td align="center" style="padding:24px 12px">
      <table role="presentation" width="100%" cellpadding="0" cellspacing="0" \
      style="max-width:560px;background-color:#ffffff;border-radius:8px">
      <tr><td style="padding:32px;font-size:16px;line-height:1.5;text-align:left;color:#18181b">
      <h1 style="margin:0 0 16px;font-size:22px;line-height:1.3">\(title)</h1>
      \(body.joined(separator: "\n"))
      <p style="margin:0 0 8px">\(code)</p>
      <p style="margin:0 0 24px;font-size:24px;font-weight:bold;letter-spacing:4px;\
      font-family:ui-monospace,Menlo,Consolas,monospace">{{ .Token }}</p>
      <p style="margin:0;font-size:14px;color:#52525b">\(ending)</p>
      </td></tr>
      </table>
      </td></tr>
      </table>
      </body>
      </html>

      """
  }

  private func button(_ action: String) -> [String] {
    [
      """
      <p style="margin:0 0 16px"><a href="{{ .ConfirmationURL }}" \
      style="display:inline-block;padding:12px 24px;border-radius:6px;background-color:#1d4ed8;\
      color:#ffffff;font-weight:bold;text-decoration:none">\(action)</a></p>
      """,
      """
      <p style="margin:0 0 24px;font-size:14px;color:#52525b;word-break:break-all">\
      If the button does not work, open this address: {{ .ConfirmationURL }}</p>
      """,
    ]
  }
}
