import HTTP
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

@Suite("What a process says of what it answers")
struct OperationProfileTests {
  private let profile = ProcessProfile(
    "lists",
    "Keeps lists.",
    paths: ["/lists"],
    login: nil,
    settings: [],
    interface: Interface(
      [
        OperationProfile(
          .put,
          "/lists/{id}",
          "Has a list be as it is sent.",
          credentials: [.none, .service],
          parameters: [.init("id", in: .path, "its id"), .init("q", in: .query, "asked for")],
          body: .init([.init(.schema("List"))]),
          answers: [
            .init(
              200,
              "It is.",
              headers: [.init("ETag", isRequired: true, "its version")],
              [
                .init("text/csv", ["type": "string"])
              ]
            ), .init(204, "It was."),
          ]
        )
      ],
      schemas: [JSON.Member("List", ["type": "array"])]
    )
  )

  @Test("is in OpenAPI's words, what stands in the path being required")
  func isOpenAPI() {
    let described = JSON.object(profile.members)
    #expect(described["$defs"] == ["List": ["type": "array"]])
    let expected: JSON = [
      "method": "PUT", "path": "/lists/{id}", "summary": "Has a list be as it is sent.",
      "credentials": ["none", "service"],
      "parameters": [
        [
          "name": "id", "in": "path", "required": true, "description": "its id",
          "schema": ["type": "string"],
        ],
        [
          "name": "q", "in": "query", "required": false, "description": "asked for",
          "schema": ["type": "string"],
        ],
      ],
      "requestBody": [
        "required": true,
        "content": ["application/json": ["schema": ["$ref": "#/$defs/List"]]],
      ],
      "responses": [
        "200": [
          "description": "It is.",
          "headers": [
            "ETag": [
              "description": "its version", "required": true, "schema": ["type": "string"],
            ]
          ],
          "content": ["text/csv": ["schema": ["type": "string"]]],
        ],
        "204": ["description": "It was.", "headers": [:]],
      ],
    ]
    #expect(described["operations"] == [expected])
  }

  @Test("is nothing where it says none")
  func isAbsent() {
    let profile = ProcessProfile("lists", "Keeps.", paths: [], login: nil, settings: [])
    #expect(JSON.object(profile.members)["operations"] == nil)
    #expect(JSON.object(profile.members)["$defs"] == nil)
  }
}
