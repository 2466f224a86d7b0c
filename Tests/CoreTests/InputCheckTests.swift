import JSON
import Testing

@testable import Core
@testable import Postgres

@Suite("The checks of an input")
struct InputCheckTests {
  struct Sample: Validated {
    struct Even: Decodable, Sendable {
      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard try container.decode(Int.self) % 2 == 0 else {
          throw DecodingError.dataCorruptedError(in: container, debugDescription: "must be even")
        }
      }
    }

    struct Part: Decodable, Sendable { var sizes: [Int] }

    var text: String?
    var blank: String?
    var link: String?
    var share: Double?
    var flag: Bool?
    var whole: Int32?
    var time: Timestamp?
    var even: Even?
    var part: Part?

    static let aliases = ["words": "text"]

    func validate(_ checks: inout Checks) {
      checks.length(of: text, "text", in: 0...3)
      checks.isNotBlank(blank, "blank")
      checks.url(link, "link")
      checks.require(share ?? 0 < 1, "share", "must be less than 1")
      checks.require(share ?? 0 < 1, "share", "is said once")
    }
  }

  private func problems(_ text: String, isText: Bool = false) throws -> [String] {
    let json = try JSON(parsing: Array(text.utf8))
    let (input, problems) = InputReader.read(Sample.self, from: json, isText: isText)
    #expect((input == nil) == !problems.isEmpty)
    return problems.map { "\($0.field): \($0.message)" }
  }

  @Test(
    "report each its problem, once a field",
    arguments: [
      (#"{"text":"abcd"}"#, "text: must have at most 3 characters"),
      (#"{"text":1}"#, "text: must be a string, not a number"),
      (#"{"words":"abcd"}"#, "text: must have at most 3 characters"),
      (#"{"blank":" \n\t"}"#, "blank: must not be blank"),
      (#"{"blank":""}"#, "blank: must not be blank"),
      (#"{"link":"http://a.example"}"#, "link: must be an https:// URL"),
      (#"{"share":1.5}"#, "share: must be less than 1"),
      (#"{"share":1e999}"#, "share: must be a number"),
      (#"{"share":"0.5"}"#, "share: must be a number, not a string"),
      (#"{"flag":"true"}"#, "flag: must be true or false, not a string"),
      (#"{"whole":1.5}"#, "whole: must be a whole number from -2147483648 to 2147483647"),
      (#"{"whole":2147483648}"#, "whole: must be a whole number from -2147483648 to 2147483647"),
      (#"{"whole":"1"}"#, "whole: must be a whole number, not a string"),
      (#"{"time":"yesterday"}"#, "time: must be an RFC 3339 time"),
      (#"{"even":3}"#, "even: must be even"),
      (#"{"part":{"sizes":1}}"#, "part.sizes: must be an array, not a number"),
      (#"{"part":{"sizes":[1,2,"3"]}}"#, "part.sizes.2: must be a whole number, not a string"),
      (#"{"part":{}}"#, "part.sizes: is required"),
    ]
  )
  func report(text: String, problem: String) throws {
    #expect(try problems(text) == [problem])
  }

  @Test(
    "take what is right",
    arguments: [
      "{}", #"{"words":"abcd","text":"abc"}"#, #"{"blank":" a "}"#, #"{"blank":null}"#,
      #"{"share":0.5,"whole":2e3,"even":4}"#, #"{"time":"2026-01-02T03:04:05Z"}"#,
      #"{"part":{"sizes":[]}}"#,
    ]
  )
  func take(text: String) throws {
    #expect(try problems(text) == [])
  }

  @Test(
    "take the text of a query for what it says",
    arguments: [
      (#"{"flag":"false","share":"0.5","whole":"7"}"#, []),
      (#"{"flag":"no"}"#, ["flag: must be true or false, not a string"]),
      (#"{"share":"inf"}"#, ["share: must be a number"]),
      (#"{"share":"half"}"#, ["share: must be a number"]),
      (#"{"whole":"1.0"}"#, ["whole: must be a whole number from -2147483648 to 2147483647"]),
    ]
  )
  func takeQueries(text: String, expected: [String]) throws {
    #expect(try problems(text, isText: true) == expected)
  }

  @Test(
    "know an address that others may open",
    arguments: [
      ("https://a.example:12a/", false), ("https://a.example:80:80/", false),
      ("https://a-.example/", false), ("https://a.example/<x>", false),
      ("https://a.example/{x}", false), ("https://a.example/a\\b", false),
      ("https://a.example/\u{7F}", false), ("ftps://a.example/", false),
      ("https://a-b.example/%20~!$&'()*+,;=:@", true),
    ]
  )
  func knowAddresses(url: String, isValid: Bool) {
    #expect(WebAddress.isValid(url) == isValid)
  }

  private struct Twice: Decodable {
    enum First: String, CodingKey { case one }
    enum Second: String, CodingKey { case two }

    init(from decoder: any Decoder) throws {
      _ = try decoder.container(keyedBy: First.self).decode(Int.self, forKey: .one)
      _ = try decoder.container(keyedBy: Second.self).decode(Bool.self, forKey: .two)
    }
  }

  @Test("and types write each keyword of a schema once")
  func writeOnce() {
    #expect(
      InputReader.schema(of: Twice.self).json == [
        "type": "object",
        "properties": ["one": ["type": "integer"], "two": ["type": "boolean"]],
        "required": ["one", "two"],
      ]
    )
  }

  @Test("limit an address's length")
  func limitAddresses() {
    let start = "https://a.example/"
    let fits = start + String(repeating: "a", count: 2048 - start.utf8.count)
    #expect(WebAddress.isValid(fits))
    #expect(!WebAddress.isValid(fits + "a"))
  }
}
