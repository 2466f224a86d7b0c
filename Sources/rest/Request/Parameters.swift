/// A query string's parameters in their order, decoded.
struct QueryParameters {
  struct Pair: Equatable {
    var name: String
    var value: String
  }

  var pairs: [Pair] = []

  init(_ pairs: [Pair] = []) {
    self.pairs = pairs
  }

  /// - Parameter query: `a=b&c=d`, percent-encoded (also a form's body).
  /// - Throws: ``Refusal`` for what is no UTF-8, and for NUL, which PostgreSQL can't hold.
  init(_ query: some Sequence<UInt8>) throws(Refusal) {
    var name: [UInt8] = []
    var value: [UInt8]?
    var bytes = Array(query)
    bytes.append(UInt8(ascii: "&"))
    var index = 0
    while index < bytes.count {
      var byte = bytes[index]
      index += 1
      switch byte {
      case UInt8(ascii: "&"):
        if value != nil || !name.isEmpty {
          pairs.append(Pair(name: try Self.text(name), value: try Self.text(value ?? [])))
        }
        name = []
        value = nil
        continue
      case UInt8(ascii: "=") where value == nil:
        value = []
        continue
      case UInt8(ascii: "+"):
        byte = 0x20
      case UInt8(ascii: "%"):
        if index + 1 < bytes.count, let high = bytes[index].hexadecimalDigit,
          let low = bytes[index + 1].hexadecimalDigit
        {
          byte = high << 4 | low
          index += 2
        }
      default: break
      }
      if value == nil { name.append(byte) } else { value?.append(byte) }
    }
  }

  private static func text(_ bytes: [UInt8]) throws(Refusal) -> String {
    guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
      throw Refusal(400, "PGRST100", "The query string is not UTF-8, or holds a NUL")
    }
    return text
  }
}

extension UInt8 {
  var hexadecimalDigit: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
