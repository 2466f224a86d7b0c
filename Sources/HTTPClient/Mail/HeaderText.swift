/// Text as header fields hold it (RFC 5322 §2.2, RFC 2047). Whatever goes in, what comes out holds
/// no line break but those that fold it.
enum HeaderText {
  /// How long a line should be.
  private static let lineLength = 76
  /// Bytes of an encoded word, which fits into a line behind a field's name.
  private static let wordBytes = 39

  /// A subject, and any other field that is just text.
  ///
  /// - Parameter indent: how much of the first line its name takes.
  static func unstructured(_ text: String, after indent: Int) -> String {
    let text = singleLine(text)
    return text.isPlain && indent + text.utf8.count <= lineLength ? text : encodedWords(text)
  }

  /// `"Ann" <ann@example.com>`
  static func mailbox(_ mailbox: MailAddress) -> String {
    let name = singleLine(mailbox.name ?? "")
    guard !name.isEmpty else { return "<\(mailbox.address)>" }
    guard name.isPlain, name.utf8.count <= 60 else {
      return "\(encodedWords(name))\r\n <\(mailbox.address)>"
    }
    let quoted = name.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
    return "\"\(quoted)\"\r\n <\(mailbox.address)>"
  }

  /// With blanks for control characters and separators of lines, and none at its ends.
  private static func singleLine(_ text: String) -> String {
    let words = text.unicodeScalars.split { scalar in
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator, .spaceSeparator: true
      default: false
      }
    }
    return words.map(String.init).joined(separator: " ")
  }

  private static func encodedWords(_ text: String) -> String {
    var words: [[UInt8]] = [[]]
    for scalar in text.unicodeScalars {
      let bytes = Array(String(scalar).utf8)
      if words[words.count - 1].count + bytes.count > wordBytes { words.append([]) }
      words[words.count - 1] += bytes
    }
    return words.map { "=?utf-8?B?\(BodyEncoding.base64($0))?=" }.joined(separator: "\r\n ")
  }
}

extension String {
  /// Printable ASCII in which no reader finds an encoded word.
  fileprivate var isPlain: Bool {
    utf8.allSatisfy { 0x20...0x7E ~= $0 } && firstRange(of: "=?") == nil
  }
}
