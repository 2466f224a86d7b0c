/// Appends parameters to an address, each name and value percent-encoded (RFC 3986 §2.1).
enum QueryItems {
  static func adding(_ items: [(name: String, value: String?)], to address: String) -> String {
    var text = address
    var separator: Character = address.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
    for case (let name, let value?) in items {
      text.append(separator)
      text += "\(encoded(name))=\(encoded(value))"
      separator = "&"
    }
    return text
  }

  private static func encoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if isUnreserved(byte) {
        bytes.append(byte)
      } else {
        bytes += [UInt8(ascii: "%"), digit(byte >> 4), digit(byte & 15)]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"):
      true
    default: false
    }
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
  }
}
