import Testing

@testable import JSON

@Suite("A JSON text")
struct JSONTests {
  @Test(
    "is read and written without loss",
    arguments: [
      #"{"a":[1,-2.50,1e9,true,false,null],"b":{"c":"d"}}"#, #""tab\tquote\"é😀""#, "[]", "{}",
      "12345678901234567890", "0", #"{"":""}"#,
    ]
  )
  func roundTrips(text: String) throws {
    #expect(try String(decoding: JSON(parsing: Array(text.utf8)).bytes, as: UTF8.self) == text)
  }

  @Test("has its escapes undone")
  func unescapes() throws {
    #expect(try JSON(parsing: Array(#" "\u00e9\uD83D\uDE00\/\b\f" "#.utf8)) == "é😀/\u{8}\u{c}")
    #expect(JSON.string("\u{1}\n").bytes == Array(#""\u0001\n""#.utf8))
  }

  @Test(
    "is refused with the place where it goes wrong",
    arguments: [
      ("", 0), ("{", 1), (#"{"a":1,"a":2}"#, 7), ("[1,]", 3), ("{\"a\" 1}", 5), ("01", 1),
      ("1.", 2),
      ("-", 1), ("tru", 0), ("\"\u{1}\"", 1), (#""\x""#, 3), (#""\ud800""#, 7), (#""\u0000""#, 7),
      (#""\ud800\u0041""#, 13), ("[1] 2", 4), ("\"a", 2), ("nul", 0), ("{a:1}", 1), ("+1", 0),
      ("NaN", 0), (#""\u00g0""#, 3), ("[1 2]", 3),
      (#"{"a":1"#, 6), ("[1", 2), (#""\u12"#, 3), (#""\u12""#, 3), ("{\"a\":1]", 6), ("[1}", 2),
    ]
  )
  func refuses(text: String, offset: Int) {
    #expect { try JSON(parsing: Array(text.utf8)) } throws: {
      ($0 as? JSONSyntaxError)?.offset == offset
    }
  }

  @Test("is refused when it is nested deeper than 64 levels or is no UTF-8")
  func refusesHostileTexts() throws {
    let deep = { (levels: Int) in
      Array((String(repeating: "[", count: levels) + String(repeating: "]", count: levels)).utf8)
    }
    #expect(throws: Never.self) { try JSON(parsing: deep(64)) }
    #expect(throws: JSONSyntaxError.self) { try JSON(parsing: deep(65)) }
    let wide = "[" + String(repeating: "[[]],", count: 100) + "{}]"
    #expect(throws: Never.self) { try JSON(parsing: Array(wide.utf8)) }
    #expect(throws: JSONSyntaxError.self) { try JSON(parsing: [0x22, 0xC3, 0x22]) }
    #expect(throws: JSONSyntaxError.self) { try JSON(parsing: [0x22, 0xED, 0xA0, 0x80, 0x22]) }
  }

  @Test(
    "is refused when a member is named twice, among few and among many",
    arguments: [3, 16, 17, 40]
  )
  func refusesNamesTwice(count: Int) throws {
    let members = (1..<count).map { "\"member \($0)\":\($0)" }
    let text = { (last: String) in
      Array("{\(members.joined(separator: ",")),\"\(last)\":0}".utf8)
    }
    #expect(throws: Never.self) { try JSON(parsing: text("member \(count)")) }
    for twice in ["member 1", "member \(count - 1)", #"mem\u0062er 1"#] {
      #expect(throws: JSONSyntaxError.self) { try JSON(parsing: text(twice)) }
    }
  }

  @Test("is made from Encodable values with snake-case names, nil as null")
  func encodes() throws {
    struct Inner: Encodable { var isPublic: Bool }
    struct Outer: Encodable {
      var profileSlug: String
      var websiteUrl: String?
      var counts: [Int64]
      var inner: Inner
      var ratio: Double
    }
    let value = Outer(
      profileSlug: "a\"b",
      websiteUrl: nil,
      counts: [1, 2],
      inner: Inner(isPublic: true),
      ratio: 0.5
    )
    var bytes: [UInt8] = []
    try bytes.append(jsonEncoding: value)
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(
      text
        == #"{"profile_slug":"a\"b","website_url":null,"counts":[1,2],"inner":{"is_public":true},"ratio":0.5}"#
    )
  }
}
