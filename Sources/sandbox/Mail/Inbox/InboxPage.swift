import HTTP

/// What a browser shows of the inbox. Whatever a mail says comes escaped, and its HTML in a frame
/// that may do nothing: no script, no form, no request to anywhere.
enum InboxPage {
  private static let policy =
    "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; "
    + "frame-ancestors 'none'"
  private static let documentPolicy =
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"

  /// - Parameter base: what comes before the path in a link.
  static func list(_ mails: [ReceivedMail], _ base: String) -> Response {
    let rows = mails.map { mail in
      """
      <tr><td>\(mail.receivedAt.escapedForHTML)</td>\
      <td>\(mail.envelope.recipients.joined(separator: ", ").escapedForHTML)</td>\
      <td><a href="\(base)/mail/\(mail.id)">\(title(of: mail))</a></td></tr>
      """
    }
    let body =
      mails.isEmpty
      ? "<p>No mail has come yet.</p>"
      : """
      <table><thead><tr><th scope="col">Received</th><th scope="col">To</th>\
      <th scope="col">Subject</th></tr></thead><tbody>
      \(rows.joined(separator: "\n"))
      </tbody></table>
      """
    return page("Inbox", body, base, refresh: "<meta http-equiv=\"refresh\" content=\"5\">\n")
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
    return page(title(of: mail), blocks.joined(separator: "\n"), base)
  }

  /// The mail's own HTML, for the frame.
  static func document(_ mail: ReceivedMail) -> Response {
    response(mail.html ?? "", "text/html; charset=utf-8", documentPolicy)
  }

  /// As it came.
  static func source(_ mail: ReceivedMail) -> Response {
    var response = response("", "text/plain; charset=utf-8", policy)
    response.body = .bytes(mail.source)
    return response
  }

  static let style = response(
    """
    body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; \
    padding: 0 1rem; color-scheme: light dark }
    table { border-collapse: collapse; width: 100% }
    th, td { border-bottom: 1px solid #8888; padding: .4rem; text-align: left; \
    overflow-wrap: anywhere }
    pre, dd, li { overflow-wrap: anywhere; white-space: pre-wrap }
    dt { font-weight: bold }
    iframe { background: #fff; border: 1px solid #8888; height: 40rem; width: 100% }

    """,
    "text/css; charset=utf-8",
    policy
  )

  /// Escaped.
  private static func title(of mail: ReceivedMail) -> String {
    mail.subject.isEmpty ? "(no subject)" : mail.subject.escapedForHTML
  }

  private static func page(
    _ title: String,
    _ body: String,
    _ base: String,
    refresh: String = ""
  ) -> Response {
    let html = """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      \(refresh)<title>\(title)</title>
      <link rel="stylesheet" href="\(base)/style.css">
      </head>
      <body>
      <h1>\(title)</h1>
      \(body)
      </body>
      </html>

      """
    return response(html, "text/html; charset=utf-8", policy)
  }

  private static func response(_ text: String, _ type: String, _ policy: String) -> Response {
    Response(
      headers: [
        ("content-type", type), ("content-security-policy", policy),
        ("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
      ],
      body: .bytes(Array(text.utf8))
    )
  }
}

extension String {
  fileprivate var escapedForHTML: String {
    var escaped = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
