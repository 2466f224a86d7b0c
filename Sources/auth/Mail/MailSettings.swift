package import Core

extension Setting {
  static let smtpURL = Setting(
    "SMTP_URL",
    isSecret: true,
    "the server that takes mail: smtp://user:password@host:port, or smtps://; "
      + "without it mail waits"
  )
  static let smtpFrom = Setting(
    "SMTP_FROM",
    "the address that mail comes from; noreply@localhost when the server is this machine"
  )
  static let smtpSenderName = Setting(
    "SMTP_SENDER_NAME",
    default: "StreamVibe",
    "the name beside that address"
  )
  static let mailTemplates = Setting(
    "AUTH_TEMPLATES",
    "a folder whose files stand in place of auth's own mail templates, such as confirm-signup.html"
  )

  /// What sending mail needs besides the key.
  package static let mail = [smtpURL, smtpFrom, smtpSenderName, mailTemplates]
}
