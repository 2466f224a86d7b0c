/// Text of any length and script as lines of 7-bit characters (RFC 2045 §6.7 and §6.8).
enum BodyEncoding {
  private static let lineLength = 76
  private static let hexadecimal = Array("0123456789ABCDEF".utf8)
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
  )

  /// Quoted-printable, which stays legible, unless base64 is shorter.
  static func shortest(of text: String) -> (name: String, lines: [String]) {
    let lines = lines(of: text)
    let size = lines.reduce(0) { $0 + $1.count + 2 }
    let special = lines.reduce(0) { $0 + $1.count { !isPlain($0) } }
    guard special * 2 > size / 3 else {
      return ("quoted-printable", lines.flatMap(quotedPrintable))
    }
    let encoded = Array(base64(Array(lines.joined(separator: [0x0D, 0x0A]))).utf8)
    let starts = stride(from: 0, to: encoded.count, by: lineLength)
    return (
      "base64",
      starts.map {
        String(decoding: encoded[$0..<min($0 + lineLength, encoded.count)], as: UTF8.self)
      }
    )
  }

  static func base64(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var bits = group.reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
      bits <<= 8 * UInt32(3 - group.count)
      for place in 0..<4 {
        let digit = Int(bits >> UInt32(18 - 6 * place) & 63)
        text.append(place <= group.count ? alphabet[digit] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// One line as one or more, of which all but the last end with `=`.
  static func quotedPrintable(_ line: [UInt8]) -> [String] {
    var lines: [[UInt8]] = [[]]
    for (index, byte) in line.enumerated() {
      let isLast = index == line.count - 1
      let isBlank = byte == 0x20 || byte == 0x09
      let piece =
        isPlain(byte) && !(isBlank && isLast)
        ? [byte]
        : [UInt8(ascii: "="), hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
      // One place is kept for the sign that the line goes on.
      if lines[lines.count - 1].count + piece.count > lineLength - (isLast ? 0 : 1) {
        lines[lines.count - 1].append(UInt8(ascii: "="))
        lines.append([])
      }
      lines[lines.count - 1] += piece
    }
    return lines.map { String(decoding: $0, as: UTF8.self) }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    0x20...0x7E ~= byte && byte != UInt8(ascii: "=") || byte == 0x09
  }

  /// CR, LF and CR LF all end a line.
  private static func lines(of text: String) -> [[UInt8]] {
    var lines: [[UInt8]] = [[]]
    var last: UInt8 = 0
    for byte in text.utf8 {
      if byte == 0x0D || byte == 0x0A {
        if !(byte == 0x0A && last == 0x0D) { lines.append([]) }
      } else {
        lines[lines.count - 1].append(byte)
      }
      last = byte
    }
    return lines
  }
}
