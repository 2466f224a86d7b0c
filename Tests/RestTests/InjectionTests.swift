import JSON
import TestSupport
import Testing

@testable import rest

@Suite("What a user sends never becomes SQL")
struct InjectionTests {
  private let attempts = [
    "'; drop table tags; --", "\"; drop table tags; --", "1) or true --", "$1", "$$x$$", "\\",
    "\\'", "a'b\"c",
    "{\"a\":\"b\"}", "{a,b}", "}', 'x", "/*", "*/", "' || (select 1) || '", "\u{7f}", "e'\\x'",
    "::text", "null", "%", "_",
  ]

  @Test("as a value of any operator, in any place")
  func values() async throws {
    try await RestServer.with { rest in
      for text in attempts {
        let json = String(decoding: JSON.string(text).bytes, as: UTF8.self)
        let row = "{\"id\":500,\"label\":\(json)}"
        #expect(try await rest.send("POST", "/tags", row).status == 201)
        let url = text.urlEncoded
        let quoted =
          "\""
          + text.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\")
          .split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\"") + "\""
        for filter in [
          "label=eq.\(url)", "label=in.(\(quoted.urlEncoded))",
          "or=(label.eq.\(quoted.urlEncoded))", "label=not.neq.\(url)",
        ] {
          let answer = try await rest.server.send(
            "GET",
            "/rest/v1/tags?\(filter)",
            token: RestServer.Role.service.token
          )
          #expect(
            answer.json == [["id": 500, "label": .string(text)]],
            "\(filter): \(answer.body)"
          )
        }
        for filter in [
          "like", "ilike", "match", "fts", "plfts", "wfts", "gt", "lt", "isdistinct", "cs", "in",
          "fts(\(url))",
        ] {
          let answer = try await rest.server.send(
            "GET",
            "/rest/v1/tags?label=\(filter).\(url)",
            token: RestServer.Role.service.token
          )
          #expect(
            answer.status < 500 && (filter == "fts" || answer.json["code"] != "42601"),
            "\(filter) \(text): \(answer.body)"
          )
        }
        let greeting = try await rest.server.send(
          "GET",
          "/rest/v1/rpc/greet?name=\(url)",
          token: RestServer.Role.service.token
        )
        #expect(greeting.json == .string("hello \(text)"))
        #expect(try await rest.send("DELETE", "/tags?id=eq.500").status == 204)
      }
      #expect(
        try await rest.get("/tags?select=id&order=id").json == [["id": 1], ["id": 2], ["id": 3]]
      )
    }
  }

  @Test(
    "as a name: of a column, a key in JSON, an alias, a type, a relation, a function or its argument"
  )
  func names() async throws {
    try await RestServer.with { rest in
      for text in attempts {
        let quoted =
          "\""
          + text.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\")
          .split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\"") + "\""
        let name = quoted.urlEncoded
        let token = try RestServer.Role.service.token
        func get(_ path: String) async throws -> TestAnswer {
          try await rest.server.send("GET", "/rest/v1\(path)", token: token)
        }
        let alias = try await get("/tags?select=\(name):id&id=eq.1")
        #expect(alias.json == .array([.object([JSON.Member(text, 1)])]), "\(alias.body)")
        let key = try await get("/clients?select=x:data->\(name)&id=eq.1")
        #expect(key.json == [["x": nil]], "\(key.body)")
        let embed = try await get("/orders?select=\(name):clients(id)&id=eq.1")
        #expect(embed.json == .array([.object([JSON.Member(text, ["id": 1])])]), "\(embed.body)")
        for path in [
          "/tags?select=\(name)", "/tags?\(name)=eq.1", "/tags?order=\(name)",
          "/tags?select=\(name)(id)", "/tags?select=orders!\(name)(id)",
          "/tags?select=id::\(text.urlEncoded)", "/rpc/greet?\(name)=1", "/\(text.urlEncoded)",
          "/rpc/\(text.urlEncoded)",
        ] {
          let answer = try await get(path)
          #expect(
            (300..<500).contains(answer.status) && answer.json["code"] != "42601",
            "\(path): \(answer.status) \(answer.body)"
          )
        }
        let body: JSON = .object([JSON.Member(text, 1)])
        let answer = try await rest.send(
          "POST",
          "/tags",
          String(decoding: body.bytes, as: UTF8.self)
        )
        #expect(answer.json["code"] == "PGRST204", "\(answer.body)")
        let columns = try await rest.server.send(
          "POST",
          "/rest/v1/tags?columns=\(name)",
          token: token,
          body: "{}"
        )
        #expect(columns.json["code"] == "PGRST204")
      }
    }
  }
}

extension String {
  /// Every byte but letters and digits percent-encoded.
  var urlEncoded: String {
    utf8.map { byte in
      let isPlain =
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
      return isPlain
        ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }
}
