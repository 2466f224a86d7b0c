/// Bodies and words as they were before they were made fit to be mailed (RFC 2045 §6). What is no
/// part of an encoding is passed over, as mail programs do.
enum TransferEncoding {
  static func base64(_ text: some Sequence<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for byte in text {
      guard let digit = base64Digit(byte) else {
        if byte == UInt8(ascii: "=") { break }
        continue
      }
      bits = bits << 6 | UInt32(digit)
      count += 1
      if count == 4 {
        bytes += [UInt8(bits >> 16 & 255), UInt8(bits >> 8 & 255), UInt8(bits & 255)]
        (bits, count) = (0, 0)
      }
    }
    if count == 3 { bytes += [UInt8(bits >> 10 & 255), UInt8(bits >> 2 & 255)] }
    if count == 2 { bytes.append(UInt8(bits >> 4 & 255)) }
    return bytes
  }

  static func quotedPrintable(_ text: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      let byte = text[index]
      index += 1
      guard byte == UInt8(ascii: "=") else {
        bytes.append(byte)
        continue
      }
      if index + 1 < text.count, let high = text[index].hexadecimalDigit,
        let low = text[index + 1].hexadecimalDigit
      {
        bytes.append(high << 4 | low)
        index += 2
        continue
      }
      // The line goes on after its end, before which there may be blanks.
      let end = text[index...].firstIndex { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }
      if let end, text[end] == 0x0A {
        index = end + 1
      } else if end != nil {
        bytes.append(byte)
      }
    }
    return bytes
  }

  private static func base64Digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
