import Crypto
import HTTP
import JSON
import Loop

/// Puts a handler's output on the wire.
enum Answer {
  static func response(
    to request: Request,
    _ output: some Encodable,
    _ caching: Policy.Caching
  ) throws -> Response {
    let body = try success(output)
    var response = Response(json: body)
    response.headers.reserveCapacity(6)
    switch caching {
    case .never:
      response.headers.append(("cache-control", "no-store"))
    case .shared(let time):
      let tag = try entityTag(body)
      response.headers.append(("cache-control", "public, max-age=\(time.components.seconds)"))
      response.headers.append(("etag", tag))
      if isKnown(tag, to: request) {
        response.status = 304
        response.headers.removeAll { "\($0.name)" == "content-type" }
        response.body = .empty
      }
    }
    return response
  }

  /// `{"success":true,…}` with the output's fields after it.
  private static func success(_ output: some Encodable) throws -> [UInt8] {
    var body: [UInt8] = []
    body.reserveCapacity(512)
    try body.append(jsonObject: #""success":true"#, encoding: output)
    return body
  }

  /// Strong: two bodies have the same tag only when they are the same bytes.
  private static func entityTag(_ body: [UInt8]) throws -> String {
    let digest = try SHA2.sha256(body.span)
    return "\"\(Base64URL.encode(digest.span.extracting(..<16)))\""
  }

  /// If-None-Match, compared weakly (RFC 9110 §13.1.2).
  private static func isKnown(_ tag: String, to request: Request) -> Bool {
    guard let list = request.header("if-none-match") else { return false }
    return list.split(separator: ",").contains { candidate in
      let candidate = candidate.drop(while: \.isWhitespace)
      let bare = candidate.hasPrefix("W/") ? candidate.dropFirst(2) : candidate
      return bare == "*" || bare.prefix(tag.count) == tag
    }
  }
}
