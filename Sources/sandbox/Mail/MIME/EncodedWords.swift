/// Header text with the words that stand for letters of other scripts put in (RFC 2047).
enum EncodedWords {
  static func decoded(_ text: String) -> String {
    var result = ""
    // Bytes of words that follow each other are put together first: a letter may be cut in two.
    var pending: (charset: String, bytes: [UInt8])?
    var rest = text[...]
    func flush() {
      if let (charset, bytes) = pending { result += Charset.text(bytes, charset) }
      pending = nil
    }
    while let opening = rest.firstRange(of: "=?") {
      let between = rest[..<opening.lowerBound]
      guard let word = Word(rest[opening.lowerBound...]) else {
        flush()
        result += rest[..<opening.upperBound]
        rest = rest[opening.upperBound...]
        continue
      }
      // Blanks between two words are there to keep them apart.
      let isJoined = pending != nil && between.allSatisfy(\.isWhitespace)
      if !isJoined || pending?.charset != word.charset { flush() }
      if !isJoined { result += between }
      pending = (word.charset, (pending?.bytes ?? []) + word.bytes)
      rest = rest[word.end...]
    }
    flush()
    return result + rest
  }

  /// `=?utf-8?B?…?=`
  private struct Word {
    let charset: String
    let bytes: [UInt8]
    let end: Substring.Index

    init?(_ text: Substring) {
      let parts = text.dropFirst(2).split(
        separator: "?",
        maxSplits: 3,
        omittingEmptySubsequences: false
      )
      guard parts.count == 4, parts[3].hasPrefix("="), !parts[0].isEmpty,
        !text[..<parts[3].startIndex].contains(where: \.isWhitespace)
      else { return nil }
      // A language may follow the name (RFC 2231 §5).
      charset = parts[0].split(separator: "*").first.map { $0.lowercased() } ?? ""
      let encoded = Array(parts[2].utf8)
      switch parts[1].lowercased() {
      case "b": bytes = TransferEncoding.base64(encoded)
      case "q":
        let blanks = encoded.map { $0 == UInt8(ascii: "_") ? 0x20 : $0 }
        bytes = TransferEncoding.quotedPrintable(blanks)
      default: return nil
      }
      end = text.index(after: parts[3].startIndex)
    }
  }
}
