/// A message, or a part of one (RFC 5322, RFC 2045 and 2046), as far as it can be read: what is
/// wrong in it is passed over.
struct MIMEPart: Sendable {
  /// Against messages that are made to take long.
  private static let depthLimit = 16
  private static let partLimit = 200

  let fields: HeaderFields
  let type: ContentType
  /// As it was sent: encoded.
  private let body: [UInt8]
  /// What a multipart holds.
  let parts: [MIMEPart]

  init(_ message: [UInt8]) {
    var budget = Self.partLimit
    self.init(message[...], depth: 0, budget: &budget)
  }

  private init(_ bytes: ArraySlice<UInt8>, depth: Int, budget: inout Int) {
    budget -= 1
    let (fields, body) = HeaderFields.split(bytes)
    self.fields = fields
    type = ContentType(fields["content-type"] ?? "text/plain")
    var parts: [MIMEPart] = []
    if type.kind == "multipart", let boundary = type["boundary"], depth < Self.depthLimit {
      for piece in Self.pieces(of: body, boundary: Array("--\(boundary)".utf8)) where budget > 0 {
        parts.append(MIMEPart(piece, depth: depth + 1, budget: &budget))
      }
    }
    self.parts = parts
    self.body = parts.isEmpty ? Array(body) : []
  }

  /// The first text of that kind that is no attachment.
  func text(_ subtype: String) -> String? {
    // The first of a lazy map looks into each part several times, and into its parts so often again.
    for part in parts {
      if let text = part.text(subtype) { return text }
    }
    let isAttachment = fields["content-disposition"]?.lowercased().hasPrefix("attachment") ?? false
    guard type.kind == "text", type.subtype == subtype, !isAttachment else { return nil }
    return Charset.text(decoded, type["charset"] ?? "utf-8")
  }

  private var decoded: [UInt8] {
    switch fields["content-transfer-encoding"]?.lowercased().trimmed {
    case "base64": TransferEncoding.base64(body)
    case "quoted-printable": TransferEncoding.quotedPrintable(body)
    default: body
    }
  }

  /// What stands between the lines that begin with the boundary.
  private static func pieces(
    of body: ArraySlice<UInt8>,
    boundary: [UInt8]
  ) -> [ArraySlice<UInt8>] {
    var pieces: [ArraySlice<UInt8>] = []
    var start: Int?
    var line = body.startIndex
    while line < body.endIndex {
      let end = body[line...].firstIndex(of: 0x0A).map { $0 + 1 } ?? body.endIndex
      if body[line..<end].starts(with: boundary) {
        let rest = body[(line + boundary.count)..<end]
        let isLast = rest.starts(with: [0x2D, 0x2D])
        let isDelimiter = rest.dropFirst(isLast ? 2 : 0).allSatisfy { $0 <= 0x20 }
        if isDelimiter {
          if let start {
            pieces.append(body[start..<max(start, Self.lineBreak(before: line, body))])
          }
          guard !isLast else { return pieces }
          start = end
        }
      }
      line = end
    }
    if let start { pieces.append(body[start...]) }
    return pieces
  }

  /// The line break before a delimiter is the delimiter's.
  private static func lineBreak(before index: Int, _ body: ArraySlice<UInt8>) -> Int {
    guard index > body.startIndex, body[index - 1] == 0x0A else { return index }
    return index - 1 > body.startIndex && body[index - 2] == 0x0D ? index - 2 : index - 1
  }
}
