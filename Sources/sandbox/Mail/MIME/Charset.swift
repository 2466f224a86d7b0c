/// The few encodings of text that mail still comes in; any other is taken for UTF-8.
enum Charset {
  /// 0x80 to 0x9F of Windows-1252; zero for those that it leaves out.
  private static let windows1252: [UInt16] = [
    0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039,
    0x0152, 0, 0x017D, 0, 0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122,
    0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
  ]

  /// What is no text in it is replaced by U+FFFD.
  static func text(_ bytes: [UInt8], _ charset: String) -> String {
    switch charset.lowercased() {
    case "iso-8859-1", "latin1", "windows-1252", "cp1252": latin(bytes) { _ in nil }
    case "iso-8859-15", "latin9":
      latin(bytes) { byte in
        switch byte {
        case 0xA4: 0x20AC
        case 0xA6: 0x0160
        case 0xA8: 0x0161
        case 0xB4: 0x017D
        case 0xB8: 0x017E
        case 0xBC: 0x0152
        case 0xBD: 0x0153
        case 0xBE: 0x0178
        default: nil
        }
      }
    default: String(decoding: bytes, as: UTF8.self)
    }
  }

  private static func latin(_ bytes: [UInt8], _ special: (UInt8) -> UInt16?) -> String {
    let units = bytes.map { byte -> UInt16 in
      if let unit = special(byte) { return unit }
      guard 0x80...0x9F ~= byte else { return UInt16(byte) }
      let unit = windows1252[Int(byte) - 0x80]
      return unit == 0 ? 0xFFFD : unit
    }
    return String(decoding: units, as: UTF16.self)
  }
}
