import Core

/// Texts as they are fit to be stored: what others write may be of any length.
enum ContentText {
  private static let titleLimit = 1000
  private static let descriptionLimit = 20_000
  private static let tagLimit = 200
  private static let tagsLimit = 500
  /// All of an item's tags together, in bytes.
  private static let tagsSize = 20_000

  /// Nil for nothing and for white space alone.
  static func title(_ text: String?) -> String? {
    guard let text else { return nil }
    let line = text.split(whereSeparator: \.isNewline).first { !$0.allSatisfy(\.isWhitespace) }
    return line.map { clipped(trimmed($0), to: titleLimit) }
  }

  static func description(_ text: String?) -> String? {
    guard let text, !text.isEmpty else { return nil }
    return clipped(text[...], to: descriptionLimit)
  }

  /// Without repetitions and what is too long for an index.
  static func tags(_ texts: some Sequence<String>) -> [String] {
    var tags: [String] = []
    var known: Set<String> = []
    var size = 0
    for text in texts {
      let tag = String(trimmed(text[...]))
      guard !tag.isEmpty, tag.unicodeScalars.count <= tagLimit, known.insert(tag).inserted else {
        continue
      }
      size += tag.utf8.count
      guard tags.count < tagsLimit, size <= tagsSize else { break }
      tags.append(tag)
    }
    return tags
  }

  /// `#word` in lower case, without the sign: letters, digits, marks and emoji, and not digits alone.
  static func hashtags(in texts: String?...) -> [String] {
    var found: [String] = []
    for text in texts {
      guard let text, text.utf8.contains(UInt8(ascii: "#")) else { continue }
      var previous: Unicode.Scalar?
      var scalars = text.unicodeScalars[...]
      while let scalar = scalars.popFirst() {
        defer { previous = scalar }
        guard isSign(scalar), previous.map({ !isPart($0) }) ?? true else { continue }
        let word = scalars.prefix(while: isPart)
        guard word.contains(where: { !$0.properties.isDigit }) else { continue }
        found.append(String(word).lowercased())
      }
    }
    return tags(found)
  }

  /// An https address, or nil.
  static func url(_ text: String?) -> String? {
    text.flatMap { WebAddress.isValid($0) ? $0 : nil }
  }

  /// A BCP 47 tag, or nil.
  static func language(_ text: String?) -> String? {
    guard let text, (2...35).contains(text.utf8.count),
      text.utf8.allSatisfy({
        $0 == UInt8(ascii: "-") || Character(Unicode.Scalar($0)).isLetterOrDigit
      })
    else { return nil }
    return text
  }

  private static func isSign(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "#" || scalar == "\u{FF03}"
  }

  private static func isPart(_ scalar: Unicode.Scalar) -> Bool {
    let properties = scalar.properties
    if scalar.isASCII {
      return scalar == "_" || properties.isAlphabetic || properties.isDigit
    }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .decimalNumber, .connectorPunctuation: return true
    default:
      return properties.isAlphabetic || properties.isEmojiPresentation || scalar == "\u{200D}"
    }
  }

  private static func clipped(_ text: Substring, to limit: Int) -> String {
    guard text.utf8.count > limit, text.unicodeScalars.count > limit else { return String(text) }
    return String(text.unicodeScalars.prefix(limit))
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop(while: \.isWhitespace)
    while text.last?.isWhitespace ?? false { text.removeLast() }
    return text
  }
}

extension Unicode.Scalar.Properties {
  fileprivate var isDigit: Bool { generalCategory == .decimalNumber }
}

extension Character {
  fileprivate var isLetterOrDigit: Bool { isASCII && (isLetter || isNumber) }
}
