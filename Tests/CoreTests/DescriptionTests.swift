import JSON
import Testing

@testable import Core

@Suite("What a function says of itself")
struct DescriptionTests {
  private let all = Description.json(of: DescribeMe.self)

  @Test("is its policy, whole")
  func isPolicy() throws {
    #expect(all["name"] == "describe-me")
    #expect(all["kind"] == "function")
    #expect(all["summary"] == "Describes itself.")
    #expect(all["methods"] == ["GET", "DELETE"])
    #expect(all["paths"] == ["/functions/v1/describe-me", "/describe-me"])
    #expect(all["caller"] == "service_role")
    #expect(all["login"] == "edge_service")
    #expect(all["quota"] == "ai_analysis")
    #expect(all["rate_limit"] == ["requests": 3, "window_seconds": 90])
    #expect(all["timeout_seconds"] == 7)
    #expect(all["body_limit_bytes"] == 12)
    let other = Description.json(of: KeepThis.self)
    #expect(other["caller"] == "visitor")
    #expect(other["login"] == "edge")
    #expect(other["quota"] == .null)
    #expect(other["rate_limit"] == "exempt")
    #expect(other["body_limit_bytes"] == .null)
    #expect(Description.json(of: WhoAmI.self)["rate_limit"] == "standard")
  }

  @Test("is its settings, those that all have and its own")
  func isSettings() throws {
    guard case .array(let settings)? = all["settings"] else { throw CancellationError() }
    #expect(settings.count == Setting.function.count + 1)
    #expect(
      settings.last == [
        "name": "OWN", "default": "x", "required": false, "secret": true,
        "description": "of its own",
      ]
    )
    let url = settings.first { $0["name"] == "DATABASE_URL" }
    #expect(url?["required"] == true)
    #expect(url?["secret"] == true)
  }

  @Test("is what its input's checks ask for, the first of two limits and each keyword once")
  func isInput() {
    #expect(
      all["input"] == [
        "type": "object",
        "properties": [
          "link": [
            "type": ["string", "null"], "format": "uri", "maxLength": 2048,
            "pattern": .string(WebAddress.pattern), "minLength": 9,
          ],
          "note": ["type": "string", "pattern": "\\S"],
          "ages": ["type": ["array", "null"], "items": ["type": "integer"]],
        ],
        "required": ["note"],
      ]
    )
  }

  @Test("is its output with success in it, where what is optional is null and never absent")
  func isOutput() {
    let part: JSON = ["size": ["type": ["integer", "null"]]]
    #expect(
      all["output"] == [
        "type": "object",
        "properties": [
          "name": ["type": ["string", "null"]],
          "parts": [
            "type": "array",
            "items": ["type": "object", "properties": part, "required": ["size"]],
          ],
          "main": ["type": ["object", "null"], "properties": part, "required": ["size"]],
          "success": ["const": true],
        ],
        "required": ["name", "parts", "main", "success"],
      ]
    )
  }
}
