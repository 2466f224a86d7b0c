import Core

/// Where in HTML a value comes to stand, and what it has to be there so as to stay a value.
enum HTMLPlace: Sendable, Equatable {
  /// Between tags, or in quotes in one.
  case content
  /// The whole of a URL, or its beginning.
  case link
  /// Behind the `?` or `#` of one.
  case query
  /// Where no escaping would keep it from becoming markup.
  case forbidden(String)

  private static let links = ["href=", "src=", "action="]

  init(after source: Substring) {
    let text = source.lowercased()
    for element in ["script", "style"] where text.hasLast("<\(element)", after: "</\(element)") {
      self = .forbidden("no variable can stand in <\(element)>")
      return
    }
    // A tag is open when there was a '<' after the last '>'.
    guard let tag = text.ranges(of: "<").last, text.hasLast("<", after: ">") else {
      self = .content
      return
    }
    guard let quote = text[tag.lowerBound...].openQuote else {
      self = .forbidden("a variable in a tag needs quotes around it")
      return
    }
    let name = text[tag.lowerBound..<quote]
    let value = text[text.index(after: quote)...]
    guard Self.links.contains(where: name.hasSuffix) else {
      self = .content
      return
    }
    self = value.isEmpty ? .link : value.contains { $0 == "?" || $0 == "#" } ? .query : .content
  }

  func escaped(_ value: String) -> String {
    switch self {
    case .link where !value.isWebLink: "#"
    case .query: value.percentEncoded
    default: value.escapedForHTML
    }
  }
}

extension StringProtocol {
  /// Whether the last `first` comes after the last `second`, or there is no `second`.
  fileprivate func hasLast(_ first: String, after second: String) -> Bool {
    guard let start = ranges(of: first).last?.lowerBound else { return false }
    guard let end = ranges(of: second).last?.lowerBound else { return true }
    return start > end
  }

  /// Of quotes that were opened and not closed, where that was.
  fileprivate var openQuote: Index? {
    var open: Index?
    for index in indices where self[index] == "\"" || self[index] == "'" {
      guard let start = open else {
        open = index
        continue
      }
      if self[start] == self[index] { open = nil }
    }
    return open
  }
}

extension String {
  /// No script, whatever a reader makes of its letters.
  fileprivate var isWebLink: Bool {
    let text = lowercased()
    return ["https://", "http://", "mailto:"].contains(where: text.hasPrefix)
  }
}
