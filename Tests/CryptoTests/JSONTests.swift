import Testing

@testable import Crypto

@Suite("Strict JSON")
struct JSONTests {
  @Test(
    "what is taken",
    arguments: [
      "{}", " \t\r\n{ \t\r\n} \t\r\n", "{\"a\":1}", "{\"\":0}", "{\"a\":{\"a\":{\"a\":[]}}}",
      "{\"a\":[1,2,[3,{}],\"\",null,true,false]}", "{\"a\":-0}", "{\"a\":0.0e-0}",
      "{\"a\":1E+308}", "{\"a\":1e-0308}", "{\"a\":123456789012345678901234567890.5}",
      "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\\uFFFF\"}", "{\"a\":\"é😀\u{7F}\"}",
      "{\"A\":1,\"a\":2}", "{\"e\u{301}\":1,\"é\":2}", "{\"a\" : [ 1 , 2 ] , \"b\" : { } }",
    ]
  )
  func takes(text: String) throws {
    #expect(try JSONObject(text.bytes).bytes == text.bytes)
  }

  @Test(
    "what is no JSON object",
    arguments: [
      "", " ", "null", "1", "\"a\"", "[]", "[{}]", "{", "}", "{}}", "{}{}", "{},", "{},{}",
      "{}\u{0}",
      "\u{FEFF}{}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{,\"a\":1}", "{\"a\":1,,\"b\":2}",
      "{\"a\":1 \"b\":2}", "{\"a\" 1}", "{\"a\"::1}", "{a:1}", "{'a':1}", "{1:1}", "{null:1}",
      "{\"a\":'b'}", "{\"a\":[1,]}", "{\"a\":[,1]}", "{\"a\":[1 2]}", "{\"a\":[1}", "{\"a\":[1}]",
      "{\"a\":[}", "{\"a\":{]", "{\"a\":01}", "{\"a\":-}", "{\"a\":-01}", "{\"a\":+1}",
      "{\"a\":.5}",
      "{\"a\":1.}", "{\"a\":1.e1}", "{\"a\":1e}", "{\"a\":1e+}", "{\"a\":1e1.5}", "{\"a\":0x1}",
      "{\"a\":1_000}", "{\"a\":NaN}", "{\"a\":Infinity}", "{\"a\":-Infinity}", "{\"a\":1a}",
      "{\"a\":--1}", "{\"a\":1-1}", "{\"a\":True}", "{\"a\":tru}", "{\"a\":truee}", "{\"a\":nul",
      "{\"a\":undefined}", "{\"a\":\"}", "{\"a\":\"\\\"}", "{\"a\":\"\\a\"}", "{\"a\":\"\\x41\"}",
      "{\"a\":\"\\u\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\\u123g\"}", "{\"a\":\"\\U0041\"}",
      "{\"a\":\"\n\"}", "{\"a\":\"\t\"}", "{\"a\":\"\u{1F}\"}", "{\"a\n\":1}", "{\"a\":1}//",
      "{/**/\"a\":1}", "{\"a\":1}#", "{\u{A0}}", "{\u{0B}}", "{\u{2028}}", "{\"a\":\u{0C}1}",
      "{\"a\":1;}", "{\"a\"=1}", "({})", "{\"a\":\"b\"\"c\"}", "{\"a\":１}",
    ]
  )
  func refusesSyntax(text: String) {
    #expect { try JSONObject(text.bytes) } throws: { error in
      if case JSONError.syntax = error { true } else { false }
    }
  }

  @Test(
    "what two readers could read differently",
    arguments: [
      ("{\"a\":1,\"a\":1}", JSONError.duplicateMember),
      ("{\"a\":1,\"b\":2,\"a\":3}", .duplicateMember),
      ("{\"a\":1,\"\\u0061\":2}", .duplicateMember),
      ("{\"\\u00e9\":1,\"é\":2}", .duplicateMember),
      ("{\"\\ud83d\\ude00\":1,\"😀\":2}", .duplicateMember),
      ("{\"/\":1,\"\\/\":2}", .duplicateMember),
      ("{\"\":1,\"\":2}", .duplicateMember),
      ("{\"a\":{\"b\":1,\"b\":2}}", .duplicateMember),
      ("{\"a\":[[{\"b\":1,\"b\":2}]]}", .duplicateMember),
      ("{\"a\":\"\\u0000\"}", .encoding), ("{\"\\u0000\":1}", .encoding),
      ("{\"a\":\"\\uD800\"}", .encoding), ("{\"a\":\"\\uDC00\"}", .encoding),
      ("{\"a\":\"\\uD800\\u0041\"}", .encoding), ("{\"a\":\"\\uD800x\"}", .encoding),
      ("{\"a\":\"\\uD800\\n\"}", .encoding), ("{\"a\":\"\\uDC00\\uD800\"}", .encoding),
      ("{\"a\":\"\\uD83D\\uD83D\"}", .encoding),
      ("{\"a\":1e309}", .limit), ("{\"a\":1e-309}", .limit), ("{\"a\":0e99999999999}", .limit),
    ]
  )
  func refusesAmbiguity(text: String, error: JSONError) {
    #expect(throws: error) { try JSONObject(text.bytes) }
  }

  @Test(
    "bytes that are not UTF-8",
    arguments: [
      [0x80], [0xC3], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF],
      [0xE0, 0x80, 0xAF], [0xF8, 0x88, 0x80, 0x80, 0x80],
    ] as [[UInt8]]
  )
  func refusesEncodings(bytes: [UInt8]) {
    #expect(throws: JSONError.encoding) {
      try JSONObject("{\"a\":\"".bytes + bytes + "\"}".bytes)
    }
  }

  @Test("UTF-16 and a text with a byte order mark are refused")
  func refusesUTF16() {
    #expect(throws: JSONError.self) { try JSONObject([0x7B, 0x00, 0x7D, 0x00]) }
    #expect(throws: JSONError.self) { try JSONObject([0xFE, 0xFF, 0x00, 0x7B, 0x00, 0x7D]) }
    #expect(throws: JSONError.self) { try JSONObject([0xEF, 0xBB, 0xBF, 0x7B, 0x7D]) }
  }

  @Test("depth and width have limits")
  func hasLimits() throws {
    func nested(_ depth: Int) -> [UInt8] {
      let lists = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      return "{\"a\":\(lists)}".bytes
    }
    func wide(_ count: Int) -> [UInt8] {
      "{\((0..<count).map { "\"\($0)\":0" }.joined(separator: ","))}".bytes
    }
    #expect(try JSONObject(nested(31)).members.count == 1)
    #expect(throws: JSONError.limit) { try JSONObject(nested(32)) }
    #expect(throws: JSONError.limit) { try JSONObject(nested(100_000)) }
    #expect(try JSONObject(wide(256)).members.count == 256)
    #expect(throws: JSONError.limit) { try JSONObject(wide(257)) }
    #expect(throws: JSONError.limit) { try JSONObject(wide(3), limits: .init(members: 2)) }
  }

  @Test("strings are read without their escapes and compared byte by byte")
  func unescapes() throws {
    let object = try JSONObject(
      "{\"n\\u0061me\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\\u20ac\"}".bytes
    )
    guard case .string(let text)? = object["name"] else {
      Issue.record("no string")
      return
    }
    #expect(object.string(text) == "\"\\/\u{8}\u{C}\n\r\té😀€")
    #expect(object.holds(text, exactly: "\"\\/\u{8}\u{C}\n\r\té😀€"))
    #expect(!object.holds(text, exactly: "\"\\/\u{8}\u{C}\n\r\te\u{301}😀€"))
    #expect(object["nam"].isNothing)
    #expect(object["name "].isNothing)
  }

  @Test("each cut and most changed bytes of a text are refused or mean something else")
  func survivesDamage() throws {
    let text = Fixture.claims.bytes
    for count in 0..<text.count {
      #expect(throws: JSONError.self) { try JSONObject(Array(text[..<count])) }
    }
    for index in text.indices {
      for byte in [0x00, 0x22, 0x2C, 0x5C, 0x7B, 0x7D, 0x80, 0xFF] as [UInt8] {
        var changed = text
        changed[index] = byte
        if let object = try? JSONObject(changed) { #expect(object.bytes == changed) }
      }
    }
  }
}
