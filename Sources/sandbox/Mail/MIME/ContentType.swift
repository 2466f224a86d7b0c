/// `text/plain; charset="utf-8"` (RFC 2045 §5).
struct ContentType: Sendable {
  /// In lower case.
  let kind: String
  let subtype: String
  private var parameters: [String: String] = [:]

  init(_ text: String) {
    var pieces = Self.pieces(of: text)[...]
    let names = (pieces.popFirst() ?? "").lowercased().split(separator: "/", maxSplits: 1)
    kind = names.first?.trimmed ?? ""
    subtype = names.count > 1 ? names[1].trimmed : ""
    for piece in pieces {
      let parts = piece.split(separator: "=", maxSplits: 1)
      guard parts.count == 2 else { continue }
      // Of two the first counts.
      let name = parts[0].trimmed.lowercased()
      if parameters[name] == nil { parameters[name] = Self.unquoted(parts[1].trimmed) }
    }
  }

  /// A parameter; its name is given in lower case.
  subscript(_ name: String) -> String? { parameters[name] }

  /// Split where a semicolon stands outside of quotes.
  private static func pieces(of text: String) -> [String] {
    var pieces = [""]
    var isQuoted = false
    var isEscaped = false
    for character in text {
      if character == ";", !isQuoted {
        pieces.append("")
        continue
      }
      if character == "\"", !isEscaped { isQuoted.toggle() }
      isEscaped = isQuoted && character == "\\" && !isEscaped
      pieces[pieces.count - 1].append(character)
    }
    return pieces
  }

  private static func unquoted(_ text: String) -> String {
    guard text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
    var plain = ""
    var isEscaped = false
    for character in text.dropFirst().dropLast() {
      isEscaped = character == "\\" && !isEscaped
      if !isEscaped { plain.append(character) }
    }
    return plain
  }
}
