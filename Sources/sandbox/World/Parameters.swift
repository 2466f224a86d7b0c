/// What a query or a form says: names and values in their order, decoded. A plus is a blank.
struct Parameters: Sendable {
  private(set) var pairs: [(name: String, value: String)] = []

  init() {}

  /// What can't be decoded is left out.
  init(_ text: String) {
    for pair in text.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decoded(parts[0]),
        let value = Self.decoded(parts.count > 1 ? parts[1] : "")
      else { continue }
      pairs.append((name, value))
    }
  }

  private static func decoded(_ text: Substring) -> String? {
    String(text.map { $0 == "+" ? " " : $0 }).percentDecoded
  }

  mutating func append(_ name: String, _ value: String) {
    pairs.append((name, value))
  }

  /// The first value of that name; nil when there is none, or it is empty.
  subscript(_ name: String) -> String? {
    pairs.first { $0.name == name }.flatMap { $0.value.isEmpty ? nil : $0.value }
  }

  func has(_ name: String) -> Bool {
    pairs.contains { $0.name == name }
  }

  /// Of all values of that name, what stands between the separators.
  func list(_ name: String, by separators: Set<Character> = [","]) -> [String] {
    pairs.filter { $0.name == name }
      .flatMap { $0.value.split { separators.contains($0) }.map(String.init) }
  }

  /// As a query again, without these names.
  func encoded(without names: Set<String> = []) -> String {
    pairs.filter { !names.contains($0.name) }
      .map { "\($0.name.percentEncoded)=\($0.value.percentEncoded)" }
      .joined(separator: "&")
  }
}

extension String {
  /// All but the unreserved characters of RFC 3986 §2.3 as escapes.
  var percentEncoded: String {
    var text = ""
    for byte in utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        text.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        text += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return text
  }
}
