extension String {
  /// `avatarUrl` as `avatar_url`: how Swift's names appear on the wire and in SQL.
  package var snakeCased: String {
    guard utf8.contains(where: \.isUppercase) else { return self }
    var text: [UInt8] = []
    for byte in utf8 {
      if byte.isUppercase, !text.isEmpty { text.append(UInt8(ascii: "_")) }
      text.append(byte.lowercased)
    }
    return String(decoding: text, as: UTF8.self)
  }
}

extension [UInt8] {
  /// Appends a name of Swift's in snake case and in quotes.
  mutating func append(jsonName name: String) {
    append(UInt8(ascii: "\""))
    let start = count
    for byte in name.utf8 {
      if byte.isUppercase, count > start { append(UInt8(ascii: "_")) }
      append(jsonEscaping: byte.lowercased)
    }
    append(UInt8(ascii: "\""))
  }
}

extension UInt8 {
  fileprivate var isUppercase: Bool { self >= 0x41 && self <= 0x5A }
  fileprivate var lowercased: UInt8 { isUppercase ? self | 0x20 : self }
}
