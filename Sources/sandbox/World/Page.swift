import Core
import HTTP

/// A page of the sandbox's own.
struct Page {
  private static let policy =
    "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'"

  private let title: String
  private let body: String
  private let refreshes: Bool

  /// - Parameters:
  ///   - title: as text.
  ///   - body: as HTML.
  ///   - refreshes: whether it asks for itself again every few seconds.
  init(_ title: String, _ body: String, refreshes: Bool = false) {
    self.title = title
    self.body = body
    self.refreshes = refreshes
  }

  /// - Parameters:
  ///   - base: what comes before the path in a link.
  ///   - mayPost: whether its forms may lead to another origin in the end.
  func response(_ base: String, mayPost: Bool = false) -> Response {
    let refresh = refreshes ? "<meta http-equiv=\"refresh\" content=\"5\">\n" : ""
    let html = """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      \(refresh)<title>\(title.escapedForHTML)</title>
      <link rel="stylesheet" href="\(base)/style.css">
      </head>
      <body>
      <h1>\(title.escapedForHTML)</h1>
      \(body)
      </body>
      </html>

      """
    return Self.response(html, "text/html; charset=utf-8", mayPost: mayPost)
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
    fieldset { margin: 1rem 0 }
    button { font: inherit; padding: .3rem 1rem }

    """,
    "text/css; charset=utf-8"
  )

  /// - Parameter policy: in place of that of all pages.
  static func response(
    _ text: String,
    _ type: String,
    policy: String? = nil,
    mayPost: Bool = false
  ) -> Response {
    let form = mayPost ? "" : "; form-action 'self'"
    return Response(
      headers: [
        ("content-type", type),
        (
          "content-security-policy",
          policy ?? "\(Self.policy)\(form); frame-ancestors 'none'"
        ),
        ("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
      ],
      body: .bytes(Array(text.utf8))
    )
  }
}
