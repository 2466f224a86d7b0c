import JSON
import Testing

@testable import Core
@testable import Postgres

@Suite("Reading a function's input")
struct InputReaderTests {
  enum Tone: String, CaseIterable, Codable, Sendable { case calm, loud }

  struct Sample: Validated {
    var displayName: String
    var count: Int?
    var tone: Tone?
    var account: UUID?
    var tags: [String]?
    var inner: Inner?
    var isPublic: Bool?

    struct Inner: Codable, Sendable { var rate: Double }

    static let aliases = ["name": "display_name"]

    func validate(_ checks: inout Checks) {
      checks.length(of: displayName, "display_name", in: 1...5)
      checks.range(of: count, "count", in: 1...10)
      checks.count(of: tags, "tags", in: 0...2)
    }
  }

  private func read(_ text: String, isText: Bool = false) throws -> (Sample?, [String]) {
    let json = try JSON(parsing: Array(text.utf8))
    let (input, problems) = InputReader.read(Sample.self, from: json, isText: isText)
    return (input, problems.map { "\($0.field): \($0.message)" })
  }

  @Test("takes what is right, null as absent, and other names of a field")
  func readsValues() throws {
    let (input, problems) = try read(
      """
      {"name":"é😀","count":3.0,"tone":"loud","tags":["a","b"],"inner":{"rate":1e-1},
       "is_public":null,"account":"0190163d-8694-739b-aea5-966c26f8ad91","unknown":1}
      """
    )
    #expect(problems == [])
    #expect(input?.displayName == "é😀")
    #expect(input?.count == 3)
    #expect(input?.tone == .loud)
    #expect(input?.tags == ["a", "b"])
    #expect(input?.inner?.rate == 0.1)
    #expect(input?.isPublic == nil)
    #expect(input?.account?.description == "0190163d-8694-739b-aea5-966c26f8ad91")
  }

  @Test("reports every bad field at once, those that can't be read and those out of bounds")
  func reportsAll() throws {
    let (input, problems) = try read(
      """
      {"count":11,"tone":"shrill","tags":["a",2,"c"],"inner":[],"is_public":"yes","account":"x"}
      """
    )
    #expect(input == nil)
    #expect(
      Set(problems) == [
        "display_name: is required", "count: must be from 1 to 10",
        "tone: must be one of calm, loud", "tags.1: must be a string, not a number",
        "tags: must have 0 to 2 elements", "inner: must be an object, not an array",
        "is_public: must be true or false, not a string",
        "account: must be a UUID",
      ]
    )
  }

  @Test("counts lengths in Unicode scalars, as PostgreSQL does")
  func countsScalars() throws {
    #expect(try read(#"{"name":"e\u0301e\u0301e"}"#).1 == [])
    #expect(
      try read(#"{"name":"e\u0301e\u0301e\u0301"}"#).1 == [
        "display_name: must have 1 to 5 characters"
      ]
    )
  }

  @Test("takes numbers and flags as text in a query only")
  func readsQueries() throws {
    let text = #"{"name":"a","count":"3","is_public":"true"}"#
    #expect(try read(text, isText: true).0?.count == 3)
    #expect(try read(text).0 == nil)
    let values = try QueryString.values("name=a%20b+c&count=3&x=%C3%A9")
    #expect(values == ["name": "a b c", "count": "3", "x": "é"])
  }

  @Test(
    "refuses a query that two readers could understand differently",
    arguments: ["a=1&a=2", "a=%4", "a=%zz", "a=%ff", "a=%00", "a=1&%61=2"]
  )
  func refusesQueries(query: String) {
    #expect(throws: Failure.self) { try QueryString.values(query) }
  }

  @Test("takes only objects")
  func refusesOthers() throws {
    #expect(try read("[]").1 == [": the body must be an object"])
    #expect(try read("\"a\"").0 == nil)
  }

  @Test("writes the schema of what it takes")
  func writesSchema() throws {
    let schema = InputReader.schema(of: Sample.self).json
    let expected = try JSON(
      parsing: Array(
        """
        {"type":"object","properties":{
        "display_name":{"type":"string","minLength":1,"maxLength":5},
        "count":{"type":["integer","null"],"minimum":1,"maximum":10},
        "tone":{"type":["string","null"],"enum":["calm","loud",null]},
        "account":{"type":["string","null"],"format":"uuid"},
        "tags":{"type":["array","null"],"minItems":0,"maxItems":2,"items":{"type":"string"}},
        "inner":{"type":["object","null"],"properties":{"rate":{"type":"number"}},"required":["rate"]},
        "is_public":{"type":["boolean","null"]}},"required":["display_name"]}
        """.utf8
      )
    )
    #expect(sorted(schema) == sorted(expected))
  }

  /// Members in the order of their names, for comparing.
  private func sorted(_ value: JSON) -> JSON {
    switch value {
    case .object(let members):
      .object(
        members.map { JSON.Member($0.name, sorted($0.value)) }.sorted { $0.name < $1.name }
      )
    case .array(let elements): .array(elements.map(sorted))
    default: value
    }
  }

  @Test(
    "takes https URLs alone",
    arguments: [
      ("https://a.example/x?y=1#z", true), ("https://a.example:8443", true),
      ("http://a.example/", false),
      ("javascript:alert(1)", false), ("https://", false), ("https:///x", false),
      ("https://user@a.example/", false), ("https://a.example/ x", false),
      ("https://a.example/\n", false),
      ("https://-a.example/", false), ("https://a..example/", false),
      ("https://a.example:123456/", false),
      ("https://a.example/é", false), ("HTTPS://a.example/", false), ("https://a.example:/", false),
      ("https://a.example?x", true), ("https://a_b.example/", false),
    ]
  )
  func checksURLs(url: String, isValid: Bool) {
    #expect(WebAddress.isValid(url) == isValid)
  }
}
