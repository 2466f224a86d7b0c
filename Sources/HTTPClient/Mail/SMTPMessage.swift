/// A mail that a process sends by itself, to one recipient.
package struct SMTPMessage: Sendable {
  package var from: MailAddress
  package var to: MailAddress
  package var subject: String
  /// What is shown where no HTML is.
  package var text: String
  package var html: String
  /// The same each time that the mail is sent, so that receivers can tell a repetition.
  package var id: String
  /// When it was written, in seconds since 1970.
  package var date: Int

  /// - Parameter id: letters, digits, `-`, `.` and `_`; what else there is gets lost.
  package init(
    from: MailAddress,
    to: MailAddress,
    subject: String,
    text: String,
    html: String,
    id: String,
    date: Int
  ) {
    self.from = from
    self.to = to
    self.subject = subject
    self.text = text
    self.html = html
    self.id = String(id.unicodeScalars.filter(\.isIdentifying).map(Character.init))
    self.date = date
  }

  /// As RFC 5322 and 2046 have it: 7-bit text, lines of at most 76 characters that end with CR LF.
  package var bytes: [UInt8] {
    // No body holds it: in quoted-printable `=` is followed by two digits, and base64 has no `_`.
    let boundary = "=_\(id)"
    var lines = [
      "From: \(HeaderText.mailbox(from))",
      "To: \(HeaderText.mailbox(to))",
      "Subject: \(HeaderText.unstructured(subject, after: "Subject: ".utf8.count))",
      "Date: \(MailDate.text(date))",
      "Message-ID: <\(id)@\(from.domain)>",
      "Auto-Submitted: auto-generated",
      "MIME-Version: 1.0",
      "Content-Type: multipart/alternative; boundary=\"\(boundary)\"",
      "",
    ]
    for (subtype, body) in [("plain", text), ("html", html)] {
      let (encoding, encoded) = BodyEncoding.shortest(of: body)
      lines += [
        "--\(boundary)",
        "Content-Type: text/\(subtype); charset=utf-8",
        "Content-Transfer-Encoding: \(encoding)",
        "",
      ]
      lines += encoded
    }
    lines.append("--\(boundary)--")
    return Array(lines.map { $0 + "\r\n" }.joined().utf8)
  }
}

extension Unicode.Scalar {
  fileprivate var isIdentifying: Bool {
    switch self {
    case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_": true
    default: false
    }
  }
}
