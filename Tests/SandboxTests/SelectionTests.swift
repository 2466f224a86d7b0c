import JSON
import Testing

@testable import sandbox

@Suite("A selection of fields")
struct SelectionTests {
  @Test(
    "of Google's cuts an answer down",
    arguments: [
      ("a", #"{"a":1}"#), ("a,b", #"{"a":1,"b":{"c":2,"d":[{"e":3,"f":4},{"e":5}]}}"#),
      ("b/c", #"{"b":{"c":2}}"#), ("b(c)", #"{"b":{"c":2}}"#),
      ("b/d/e,a", #"{"a":1,"b":{"d":[{"e":3},{"e":5}]}}"#),
      ("b(c,d(f))", #"{"b":{"c":2,"d":[{"f":4},{}]}}"#),
      ("b/c,b/d/f", #"{"b":{"c":2,"d":[{"f":4},{}]}}"#),
      ("*", #"{"a":1,"b":{"c":2,"d":[{"e":3,"f":4},{"e":5}]}}"#), ("nothing", "{}"),
    ]
  )
  func cuts(fields: String, expected: String) throws {
    let text = #"{"a":1,"b":{"c":2,"d":[{"e":3,"f":4},{"e":5}]}}"#
    let json = try JSON(parsing: Array(text.utf8))
    let cut = try #require(PartialResponse(fields)).apply(to: json)
    #expect(cut == (try JSON(parsing: Array(expected.utf8))))
  }

  @Test(
    "is refused where it can't be read",
    arguments: ["", ",", "a,", "a(", "a(b", "a)", "a/", "a()", "a b"]
  )
  func isRefused(fields: String) {
    #expect(PartialResponse(fields) == nil)
  }

  @Test("of Meta's holds what is wanted of what hangs below")
  func nests() throws {
    let selection = try #require(FieldSelection("id,children.limit(3){id,media_type},caption"))
    #expect(selection.fields.map(\.name) == ["id", "children", "caption"])
    #expect(selection.fields[1].inner?.fields.map(\.name) == ["id", "media_type"])
    for text in ["", "a,", "a{", "a{}", "a{b", "a}", "a.limit(3"] {
      #expect(FieldSelection(text) == nil, "\(text)")
    }
  }

  @Test(
    "leads through pages by tokens that hold any offset",
    arguments: [0, 1, 50, 127, 128, 5000, 19_950]
  )
  func pages(offset: Int) {
    #expect(PageToken.offset(of: PageToken.text(of: offset)) == offset)
  }

  @Test(
    "finds no page by any other token",
    arguments: ["", "x", "CAUQ", "////", "CAUQAQ", "AAAAAA"]
  )
  func noPage(token: String) {
    #expect(PageToken.offset(of: token) == nil)
  }
}
