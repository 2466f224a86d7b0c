@testable import JSON
import Testing

@Suite("What is encoded")
struct EncodingTests {
  private func text(_ value: some Encodable) throws -> String {
    var bytes: [UInt8] = []
    try bytes.append(jsonEncoding: value)
    return String(decoding: bytes, as: UTF8.self)
  }

  private struct Empty: Encodable {}

  @Test("keeps every digit of a number, and makes null of what JSON has no number for")
  func encodesNumbers() throws {
    struct Numbers: Encodable {
      var small = Int8.min
      var large = UInt64.max
      var wide = Int64.min
      var single = Float(0.1)
      var double = 0.1
      var infinite = Double.infinity
      var missing: Int16?
    }
    #expect(
      try text(Numbers())
        == #"{"small":-128,"large":18446744073709551615,"wide":-9223372036854775808,"#
        + #""single":0.1,"double":0.1,"infinite":null,"missing":null}"#
    )
  }

  @Test("has what must be escaped escaped, wherever it stands")
  func escapes() throws {
    for length in 1...20 {
      for place in 0..<length {
        for scalar in [
          "\"", "\\", "\u{1}", "\u{1F}", " ", "!", "#", "[", "]", "\u{7F}", "é", "\u{2028}",
        ] {
          var texts = [String](repeating: "a", count: length)
          texts[place] = scalar
          let whole = texts.joined()
          let written = Array(try text(whole).utf8)
          #expect(try JSON(parsing: written) == .string(whole))
          var raw: [UInt8] = []
          Array(whole.utf8).withUnsafeBytes { raw.append(jsonString: $0) }
          #expect(raw == written)
        }
      }
    }
    var mended: [UInt8] = []
    ([0x61, 0xFF, 0x22] as [UInt8]).withUnsafeBytes { mended.append(jsonString: $0) }
    #expect(String(decoding: mended, as: UTF8.self) == "\"a\u{FFFD}\\\"\"")
  }

  @Test("may be a container within a container, an enumeration or nothing")
  func nests() throws {
    enum Kind: String, Encodable { case long = "a/b" }
    struct Outer: Encodable {
      var lists: [[Int?]] = [[], [1, nil]]
      var empty = Empty()
      var kind = Kind.long
      var byName = ["a\"b": 1]
    }
    #expect(
      try text(Outer())
        == #"{"lists":[[],[1,null]],"empty":{},"kind":"a/b","#
        + #""by_name":{"a\"b":1}}"#
    )
    #expect(try text(Int?.none) == "null")
    #expect(try text("é\u{1}") == "\"é\\u0001\"")
  }

  /// Fills its containers by hand.
  private struct ByHand: Encodable {
    enum Key: String, CodingKey { case first, second, third }
    let isInOrder: Bool

    func encode(to encoder: any Encoder) throws {
      var outer = encoder.container(keyedBy: Key.self)
      var inner = outer.nestedContainer(keyedBy: Key.self, forKey: .first)
      var list = inner.nestedUnkeyedContainer(forKey: .second)
      try list.encode(1)
      if isInOrder { try list.encode("two") }
      _ = outer.superEncoder(forKey: .second)
      try outer.encode(true, forKey: .third)
      if !isInOrder { try inner.encode(2, forKey: .third) }
    }
  }

  @Test("may fill its containers by hand, one after the other")
  func takesContainers() throws {
    #expect(
      try text(ByHand(isInOrder: true))
        == #"{"first":{"second":[1,"two"]},"second":null,"third":true}"#
    )
    #expect(throws: EncodingError.self) { try text(ByHand(isInOrder: false)) }
  }

  /// Breaks the order in which containers may be filled.
  private struct Disorder: Encodable {
    enum Kind: CaseIterable { case twoValues, valueElsewhere, otherKind, reopened, lateContainer }
    enum Key: String, CodingKey { case first, second }
    let kind: Kind

    func encode(to encoder: any Encoder) throws {
      switch kind {
      case .twoValues:
        var container = encoder.singleValueContainer()
        try container.encode(1)
        try container.encode(2)
      case .valueElsewhere:
        var list = encoder.unkeyedContainer()
        _ = list.superEncoder()
        var container = encoder.singleValueContainer()
        try container.encode(1)
      case .otherKind:
        var list = encoder.unkeyedContainer()
        try list.encode(1)
        var object = encoder.container(keyedBy: Key.self)
        try object.encode(1, forKey: .first)
      case .reopened:
        var outer = encoder.container(keyedBy: Key.self)
        var first = outer.nestedContainer(keyedBy: Key.self, forKey: .first)
        try first.encode(1, forKey: .first)
        var second = outer.nestedContainer(keyedBy: Key.self, forKey: .second)
        try second.encode(2, forKey: .first)
        try first.encode(3, forKey: .second)
      case .lateContainer:
        var outer = encoder.container(keyedBy: Key.self)
        var inner = outer.nestedContainer(keyedBy: Key.self, forKey: .first)
        try outer.encode(1, forKey: .second)
        _ = inner.nestedUnkeyedContainer(forKey: .first)
      }
    }
  }

  @Test("is refused when its containers are filled out of order", arguments: Disorder.Kind.allCases)
  private func refusesDisorder(kind: Disorder.Kind) {
    #expect(throws: EncodingError.self) { try text(Disorder(kind: kind)) }
  }

  @Test("has names in snake case, which no capital begins with an underscore")
  func namesFields() throws {
    struct Named: Encodable {
      enum CodingKeys: String, CodingKey { case value = "OneTwo" }
      var value = 1
    }
    #expect(try text(Named()) == #"{"one_two":1}"#)
    #expect("OneTwo".snakeCased == "one_two")
    #expect("avatarUrl".snakeCased == "avatar_url")
  }

  @Test("stands behind members that are there already, if it is an object")
  func follows() throws {
    struct Pair: Encodable { var one = 1, two = [2] }
    func object(_ value: some Encodable) throws -> String {
      var bytes = Array("> ".utf8)
      try bytes.append(jsonObject: #""success":true"#, encoding: value)
      return String(decoding: bytes, as: UTF8.self)
    }
    #expect(try object(Pair()) == #"> {"success":true,"one":1,"two":[2]}"#)
    #expect(try object(Empty()) == #"> {"success":true}"#)
    #expect(throws: EncodingError.self) { try object([1]) }
    #expect(throws: EncodingError.self) { try object("text") }
  }
}
