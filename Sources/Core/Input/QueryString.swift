import JSON

/// A query's parameters, for functions that are asked with GET.
enum QueryString {
  /// - Throws: ``Failure`` with VALIDATION_FAILED for a parameter given twice, which two readers
  ///   could understand differently, and for text that is not percent-encoded UTF-8.
  static func values(_ query: String) throws(Failure) -> JSON {
    var members: [JSON.Member] = []
    for pair in query.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = try decode(parts[0], of: String(parts[0]))
      let value = try parts.count > 1 ? decode(parts[1], of: name) : ""
      guard !members.contains(where: { $0.name == name }) else {
        throw .validation([FieldProblem(field: name, message: "is given more than once")])
      }
      members.append(JSON.Member(name, .string(value)))
    }
    return .object(members)
  }

  private static func decode(_ text: Substring, of field: String) throws(Failure) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "+"): bytes.append(0x20)
      case UInt8(ascii: "%"):
        guard let high = digit(rest.popFirst()), let low = digit(rest.popFirst()) else {
          throw .validation([FieldProblem(field: field, message: "holds a % that encodes nothing")])
        }
        bytes.append(high << 4 | low)
      default: bytes.append(byte)
      }
    }
    guard let decoded = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
      throw .validation([FieldProblem(field: field, message: "is not text in UTF-8")])
    }
    return decoded
  }

  private static func digit(_ byte: UInt8?) -> UInt8? {
    guard let byte, byte < 0x80 else { return nil }
    return Character(Unicode.Scalar(byte)).hexDigitValue.map(UInt8.init)
  }
}
