package import JSON

/// An answer as it came over the wire.
package struct TestAnswer: Sendable {
  package let status: Int
  package let headers: [String: String]
  package let body: String

  init(_ text: String) {
    let end = text.range(of: "\r\n\r\n")
    let lines = text[..<(end?.lowerBound ?? text.endIndex)].split(separator: "\r\n")
    status = lines.first.flatMap { Int($0.split(separator: " ").dropFirst().first ?? "") } ?? 0
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1]).trimmingWhitespace() : ""
    }
    self.headers = headers
    body = end.map { String(text[$0.upperBound...]) } ?? ""
  }

  /// Null when the body is no JSON.
  package var json: JSON { (try? JSON(parsing: Array(body.utf8))) ?? .null }

  /// The code of an envelope that is not a success.
  package var code: String? {
    if case .string(let code)? = json["error"]?["code"] { code } else { nil }
  }
}

extension String {
  func trimmingWhitespace() -> String {
    String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }

  /// The first place of `text`; nil when there is none.
  func range(of text: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
