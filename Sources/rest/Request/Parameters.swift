/// A query string's parameters in their order, decoded.
struct QueryParameters {
  struct Pair: Equatable {
    var name: String
    var value: String
    /// Its place among them, counted from 0.
    var place: Int?
  }

  var pairs: [Pair] = []

  init(_ pairs: [Pair] = []) {
    self.pairs = pairs
  }

  /// - Parameter query: `a=b&c=d`, percent-encoded (also a form's body).
  /// - Throws: ``Refusal`` for what is no UTF-8, and for NUL, which PostgreSQL can't hold.
  init(_ query: [UInt8]) throws(Refusal) {
    var start = 0
    while start < query.count {
      var end = start
      var equals: Int?
      var isPlain = true
      while end < query.count, query[end] != UInt8(ascii: "&") {
        switch query[end] {
        case UInt8(ascii: "=") where equals == nil: equals = end
        case UInt8(ascii: "%"), UInt8(ascii: "+"), 0: isPlain = false
        default: break
        }
        end += 1
      }
      if end > start {
        let name = try Self.text(query[start..<(equals ?? end)], isPlain: isPlain)
        let value = try Self.text(query[min(end, (equals ?? end) + 1)..<end], isPlain: isPlain)
        pairs.append(Pair(name: name, value: value, place: pairs.count))
      }
      start = end + 1
    }
  }

  private static func text(_ bytes: ArraySlice<UInt8>, isPlain: Bool) throws(Refusal) -> String {
    if isPlain {
      if let text = String(validating: bytes, as: UTF8.self) { return text }
    } else {
      let decoded = decode(bytes)
      if !decoded.contains(0), let text = String(validating: decoded, as: UTF8.self) {
        return text
      }
    }
    throw Refusal(400, "PGRST100", "The query string is not UTF-8, or holds a NUL")
  }

  private static func decode(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var index = bytes.startIndex
    while index < bytes.endIndex {
      var byte = bytes[index]
      index += 1
      if byte == UInt8(ascii: "+") {
        byte = 0x20
      } else if byte == UInt8(ascii: "%"), index + 1 < bytes.endIndex,
        let high = bytes[index].hexadecimalDigit, let low = bytes[index + 1].hexadecimalDigit
      {
        byte = high << 4 | low
        index += 2
      }
      decoded.append(byte)
    }
    return decoded
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
