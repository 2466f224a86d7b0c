import JSON
import TestSupport
import Testing

@testable import Core

@Suite("A function's answer")
struct AnswerTests {
  @Test("is not kept by anybody, unless the policy says so")
  func isNotKept() async throws {
    try await TestFunction.with(WhoAmI.self) { function async throws in
      let answer = try await function.send()
      #expect(answer.headers["cache-control"] == "no-store")
      #expect(answer.headers["content-type"] == "application/json; charset=utf-8")
      #expect(answer.headers["etag"] == nil)
      #expect(answer.body.hasPrefix(#"{"success":true,"role":"#))
    }
  }

  @Test("is known to whoever has its tag, in whatever list it stands, and to nobody else")
  func isKnown() async throws {
    try await TestFunction.with(KeepThis.self) { function async throws in
      let first = try await function.send("GET")
      let tag = try #require(first.headers["etag"])
      func status(_ known: String) async throws -> Int {
        try await function.send("GET", headers: ["If-None-Match": known]).status
      }
      for known in [tag, "W/\(tag)", "*", "\"a\",\(tag)", "\"a\" ,  \(tag) , \"b\""] {
        #expect(try await status(known) == 304)
      }
      for unknown in [String(tag.prefix(6)) + "\"", "W/\"\"", "\"*\"", ""] {
        #expect(try await status(unknown) == 200)
      }
      let known = try await function.send("GET", headers: ["If-None-Match": tag])
      #expect(known.headers["content-type"] == nil)
      #expect(known.headers["content-length"] == nil)
      #expect(known.headers["cache-control"] == "public, max-age=60")
      let head = try await function.send("HEAD", headers: ["If-None-Match": tag])
      #expect(head.status == 304)
    }
  }

  @Test("to OPTIONS lists the methods, for a path and for the server")
  func listsMethods() async throws {
    try await TestFunction.with(KeepThis.self) { function async throws in
      for path in [nil, "*"] {
        let answer = try await function.send("OPTIONS", path)
        #expect(answer.status == 204)
        #expect(answer.headers["allow"] == "GET, HEAD")
      }
      let other = try await function.send("OPTIONS", "/other")
      #expect(other.status == 404)
    }
  }

  @Test("to HEAD is GET's, query and all")
  func answersHead() async throws {
    try await TestFunction.with(KeepThis.self) { function async throws in
      #expect(try await function.send("HEAD", "/keep-this?nome=a&nome=b").status == 422)
      let whole = try await function.send("GET", "/keep-this?name=abc")
      let head = try await function.send("HEAD", "/keep-this?name=abc")
      #expect(head.headers["etag"] == whole.headers["etag"])
      #expect(head.headers["content-length"] == String(whole.body.utf8.count))
    }
  }

  @Test("to GET or HEAD comes of a transaction that can't write, in the time of its caller")
  func readsOnly() async throws {
    try await TestFunction.with(WriteSomething.self) { function async throws in
      #expect(try await function.send("POST").status == 200)
      #expect(try await function.send("GET").code == "INTERNAL")
      #expect(try await function.send("HEAD").status == 500)
    }
    try await TestFunction.with(WhoAmI.self) { function async throws in
      let user = try await function.signUp()
      #expect(try await function.send().json["statement_timeout"] == "3s")
      #expect(try await function.send(token: user.token).json["statement_timeout"] == "8s")
    }
  }

  @Test(
    "needs a body that is JSON, by its type, and not compressed",
    arguments: [
      ("Content-Type: application/json", 422), ("Content-Type: APPLICATION/Problem+JSON", 422),
      ("Content-Type: text/json", 415), ("Content-Type: text/x+json", 415),
      ("Content-Type: application/x-json", 415), ("Content-Type: ", 415),
      ("Content-Encoding: gzip", 415),
    ]
  )
  func needsJSON(field: String, status: Int) async throws {
    try await TestFunction.with(FailInWays.self) { function async throws in
      let user = try await function.signUp()
      let parts = field.split(separator: ": ", omittingEmptySubsequences: false).map { String($0) }
      let answer = try await function.send(
        token: user.token,
        body: "{}",
        headers: [parts[0]: parts[1]]
      )
      #expect(answer.status == status)
    }
  }

  @Test("takes a body that is absent or empty for an empty object, whatever its type")
  func takesNoBody() async throws {
    try await TestFunction.with(FailInWays.self) { function async throws in
      let user = try await function.signUp()
      let none = try await function.send(token: user.token, headers: ["Content-Type": "text/plain"])
      #expect(none.status == 422)
      let client = try RawClient(function.address)
      let fields = ["Authorization: Bearer \(user.token)", "Transfer-Encoding: chunked"]
      client.send(
        HandlerServer.request("POST /fail-in-ways HTTP/1.1", fields, body: "0\r\n\r\n")
      )
      #expect(client.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 422 "))
    }
  }

  @Test("is 413 beyond the setting where the policy has no limit of its own")
  func limitsBodies() async throws {
    try await TestFunction.with(FailInWays.self, settings: ["MAX_BODY_BYTES": "20"]) {
      function async throws in
      let user = try await function.signUp()
      let short = try await function.send(token: user.token, body: #"{"way":"refusal"}"#)
      #expect(short.status == 409)
      let long = try await function.send(token: user.token, body: #"{"way":    "refusal"}"#)
      #expect(long.code == "PAYLOAD_TOO_LARGE")
    }
  }

  @Test("comes to a request that is as large as the dispatcher lets pass, and a little larger")
  func takesWiderHeads() async throws {
    try await TestFunction.with(WhoAmI.self) { function async throws in
      let fields = Dictionary(
        uniqueKeysWithValues: (0..<105).map { ("X-\($0)", String(repeating: "a", count: 620)) }
      )
      #expect(try await function.send("GET", headers: fields).status == 200)
    }
  }
}
