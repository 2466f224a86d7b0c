import HTTP
package import JSON

/// What a ``Route`` answers with, when it is no ``Failure``.
package enum RouteAnswer: Sendable {
  /// To an address, which the route has checked. Nothing that stands in it is told to the next site.
  case redirect(to: String)
  /// JSON in the caller's own shape.
  case json(JSON)
  /// A page that loads nothing, and runs nothing.
  case page(status: Int, title: String, text: String)

  var response: Response {
    switch self {
    case .redirect(let address):
      Response(
        status: 302,
        headers: [
          ("location", address), ("cache-control", "no-store"), ("referrer-policy", "no-referrer"),
        ]
      )
    case .json(let value):
      Response(
        headers: [
          ("content-type", "application/json; charset=utf-8"), ("cache-control", "no-store"),
        ],
        body: .bytes(value.bytes)
      )
    case .page(let status, let title, let text):
      Response(
        status: status,
        headers: [
          ("content-type", "text/html; charset=utf-8"), ("cache-control", "no-store"),
          ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
          ("referrer-policy", "no-referrer"), ("x-content-type-options", "nosniff"),
        ],
        body: .bytes(Self.page(title, text))
      )
    }
  }

  private static func page(_ title: String, _ text: String) -> [UInt8] {
    let title = title.escapedForHTML
    return Array(
      """
      <!doctype html>
      <html lang="en"><meta charset="utf-8"><title>\(title)</title>
      <h1>\(title)</h1>
      <p>\(text.escapedForHTML)</p>
      </html>

      """.utf8
    )
  }
}

extension String {
  /// As text or an attribute's value, it means itself and nothing else.
  package var escapedForHTML: String {
    var escaped = ""
    escaped.reserveCapacity(utf8.count)
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

  /// As a component of a URL's query (RFC 3986 §2.3): all but unreserved characters are encoded.
  package var percentEncoded: String {
    var encoded: [UInt8] = []
    encoded.reserveCapacity(utf8.count)
    for byte in utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        encoded.append(byte)
      default:
        encoded.append(UInt8(ascii: "%"))
        for digit in [byte >> 4, byte & 15] { encoded.append(digit < 10 ? 48 + digit : 55 + digit) }
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }
}
