import Core
import HTTP

/// What a browser shows of the inbox. Whatever a mail says comes escaped, and its HTML in a frame
/// that may do nothing: no script, no form, no request to anywhere.
enum InboxPage {
  private static let documentPolicy =
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"

  /// All mails as HTML.
  ///
  /// - Parameter base: what comes before the path in a link.
  static func table(of mails: [ReceivedMail], _ base: String) -> String {
    let rows = mails.map { mail in
      """
      <tr><td>\(mail.receivedAt.escapedForHTML)</td>\
      <td>\(mail.envelope.recipients.joined(separator: ", ").escapedForHTML)</td>\
      <td><a href="\(base)/mail/\(mail.id)">\(title(of: mail).escapedForHTML)</a></td></tr>
      """
    }
    guard !rows.isEmpty else { return "<p>No mail has come yet.</p>" }
    return """
      <table><thead><tr><th scope="col">Received</th><th scope="col">To</th>\
      <th scope="col">Subject</th></tr></thead><tbody>
      \(rows.joined(separator: "\n"))
      </tbody></table>
      """
  }

  static func mail(_ mail: ReceivedMail, _ base: String) -> Response {
    let fields = mail.headers.map {
      "<dt>\($0.name.escapedForHTML)</dt><dd>\($0.value.escapedForHTML)</dd>"
    }
    let links = mail.links.map {
      "<li><a rel=\"noreferrer\" href=\"\($0.escapedForHTML)\">\($0.escapedForHTML)</a></li>"
    }
    var blocks = [
      """
      <p><a href="\(base)/">Inbox</a> · \
      <a href="\(base)/mail/\(mail.id)/source">Source</a></p>
      """,
      """
      <p>From \(mail.envelope.sender.escapedForHTML) \
      to \(mail.envelope.recipients.joined(separator: ", ").escapedForHTML)</p>
      """,
    ]
    if !links.isEmpty { blocks.append("<h2>Links</h2>\n<ul>\(links.joined())</ul>") }
    if let text = mail.text {
      blocks.append("<h2>Text</h2>\n<pre>\(text.escapedForHTML)</pre>")
    }
    if mail.html != nil {
      blocks.append(
        """
        <h2>HTML</h2>
        <iframe title="The mail's HTML" sandbox="" src="\(base)/mail/\(mail.id)/html"></iframe>
        """
      )
    }
    blocks.append("<h2>Fields</h2>\n<dl>\(fields.joined())</dl>")
    return Page(title(of: mail), blocks.joined(separator: "\n")).response(base)
  }

  /// The mail's own HTML, for the frame.
  static func document(_ mail: ReceivedMail) -> Response {
    Page.response(mail.html ?? "", "text/html; charset=utf-8", policy: documentPolicy)
  }

  /// As it came.
  static func source(_ mail: ReceivedMail) -> Response {
    var response = Page.response("", "text/plain; charset=utf-8")
    response.body = .bytes(mail.source)
    return response
  }

  private static func title(of mail: ReceivedMail) -> String {
    mail.subject.isEmpty ? "(no subject)" : mail.subject
  }
}
