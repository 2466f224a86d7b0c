/// The header fields of a message or part, in their order, unfolded.
struct HeaderFields: Sendable {
  private static let limit = 500

  /// Names as they were written; values still encoded (RFC 2047).
  private(set) var all: [(name: String, value: String)] = []

  /// The first of that name, which is given in lower case.
  subscript(_ name: String) -> String? {
    all.first { $0.name.lowercased() == name }?.value
  }

  /// The fields at the beginning, and what comes after the empty line.
  static func split(_ bytes: ArraySlice<UInt8>) -> (HeaderFields, body: ArraySlice<UInt8>) {
    var fields = HeaderFields()
    var start = bytes.startIndex
    while start < bytes.endIndex {
      let end = bytes[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? bytes.endIndex
      let line = bytes[start..<end].prefix { $0 != 0x0D && $0 != 0x0A }
      start = end
      if line.isEmpty { break }
      fields.add(line: line)
    }
    return (fields, bytes[start...])
  }

  private mutating func add(line: ArraySlice<UInt8>) {
    let text = String(decoding: line, as: UTF8.self)
    if text.hasPrefix(" ") || text.hasPrefix("\t") {
      // The line before goes on.
      if let last = all.indices.last { all[last].value += text.isEmpty ? "" : " " + text.trimmed }
      return
    }
    guard let colon = text.firstIndex(of: ":"), all.count < Self.limit else { return }
    all.append((text[..<colon].trimmed, text[text.index(after: colon)...].trimmed))
  }
}

extension StringProtocol {
  /// Without blanks at its ends.
  var trimmed: String {
    let start = drop { $0.isWhitespace }
    return String(start.reversed().drop { $0.isWhitespace }.reversed())
  }
}
