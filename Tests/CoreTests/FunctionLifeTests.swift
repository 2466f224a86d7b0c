import JSON
import TestSupport
import Testing

@testable import Core

@Suite("The life of a request to a function")
struct FunctionLifeTests {
  @Test("runs as the role and with the claims of whoever asks, and with the request's id")
  func hasIdentity() async throws {
    try await TestFunction.with(WhoAmI.self) { function in
      let user = try await function.signUp()
      let visitor = try await function.send("GET", headers: ["X-Request-Id": "abc.1"])
      #expect(visitor.json["role"] == "edge_visitor")
      #expect(visitor.json["subject"] == .null)
      #expect(visitor.json["request_id"] == "abc.1")
      #expect(visitor.json["is_read_only"] == "on")
      #expect(visitor.headers["x-request-id"] == "abc.1")
      let signedIn = try await function.send(
        token: user.token,
        headers: ["X-Request-Id": "bad id\u{7F}"]
      )
      #expect(signedIn.status == 400)
      let posted = try await function.send(token: user.token, headers: ["X-Request-Id": "a b"])
      #expect(posted.json["role"] == "edge_user")
      #expect(posted.json["subject"] == .string(user.id))
      #expect(posted.json["is_read_only"] == "off")
      #expect(posted.headers["x-request-id"]?.count == 26)
    }
  }

  @Test("takes the api key where no bearer is sent, and lets the service role act for a user alone")
  func takesAPIKeys() async throws {
    try await TestFunction.with(WhoAmI.self) { function in
      let user = try await function.signUp()
      let service = try TestFunction.token(role: "service_role")
      let asKey = try await function.send(headers: ["apikey": user.token])
      #expect(asKey.json["subject"] == .string(user.id))
      let behalf = try await function.send(token: service, headers: ["On-Behalf-Of": user.id])
      #expect(behalf.json["subject"] == .string(user.id))
      #expect(behalf.json["role"] == "edge_user")
      let forged = try await function.send(
        token: user.token,
        headers: ["On-Behalf-Of": "0190163d-8694-739b-aea5-966c26f8ad91"]
      )
      #expect(forged.json["subject"] == .string(user.id))
      #expect(try await function.send(token: service, headers: ["On-Behalf-Of": "x"]).status == 400)
      let twice = try await function.send(
        headers: ["Authorization": "Bearer \(user.token)\r\nAuthorization: Bearer \(service)"])
      #expect(twice.status == 401)
      #expect(try await function.send(headers: ["Authorization": "Basic YTpi"]).status == 401)
    }
  }

  @Test("opens what is for the service role to nobody else")
  func guardsService() async throws {
    try await TestFunction.with(ServiceOnly.self) { function in
      let user = try await function.signUp()
      let service = try TestFunction.token(role: "service_role")
      #expect(try await function.send(token: service).json["role"] == "service_role")
      #expect(try await function.send(token: user.token).status == 403)
      #expect(try await function.send().status == 401)
    }
  }

  @Test(
    "answers whatever goes wrong with the envelope, and never with the server's own words",
    arguments: [
      ("sql", 500, "INTERNAL"), ("constraint", 500, "INTERNAL"), ("refusal", 409, "CONFLICT"),
      ("slow", 504, "UPSTREAM_TIMEOUT"), ("stuck", 504, "UPSTREAM_TIMEOUT"),
      ("deaf", 504, "UPSTREAM_TIMEOUT"), ("sleep", 504, "UPSTREAM_TIMEOUT"),
    ]
  )
  func answersFailures(way: String, status: Int, code: String) async throws {
    try await TestFunction.with(FailInWays.self) { function in
      let user = try await function.signUp()
      let answer = try await function.send(token: user.token, body: #"{"way":"\#(way)"}"#)
      #expect(answer.status == status)
      #expect(answer.code == code)
      #expect(answer.json["success"] == false)
      #expect(answer.json["error"]?["request_id"] == JSON(answer.headers["x-request-id"]))
      for word in ["secret_column", "nowhere", "division", "select", "SQLSTATE", "42P01"] {
        #expect(!answer.body.contains(word))
      }
      if way == "refusal" {
        #expect(answer.json["error"]?["details"] == ["name": "x"])
        #expect(answer.json["error"]?["message"] == "that is taken")
      }
    }
  }

  @Test("says what is wrong with a request before it does any work")
  func refusesBadRequests() async throws {
    try await TestFunction.with(FailInWays.self) { function in
      let token = try await function.signUp().token
      func status(_ body: String, _ type: String = "application/json") async throws -> String? {
        try await function.send(token: token, body: body, headers: ["Content-Type": type]).code
      }
      #expect(try await status("{") == "INVALID_JSON")
      #expect(try await status("[]") == "VALIDATION_FAILED")
      #expect(try await status(#"{"way":"sql","way":"sql"}"#) == "INVALID_JSON")
      #expect(try await status("{}", "text/plain") == "UNSUPPORTED_MEDIA_TYPE")
      #expect(try await status("{}", "application/json; charset=utf-8") == "VALIDATION_FAILED")
      #expect(try await function.send(token: token).code == "VALIDATION_FAILED")
      let get = try await function.send("GET", token: token)
      #expect(get.status == 405)
      #expect(get.headers["allow"] == "POST")
      #expect(try await function.send("OPTIONS").status == 204)
      #expect(try await function.send("POST", "/other", token: token).code == "NOT_FOUND")
      #expect(
        try await function.send("POST", "/functions/v1/fail-in-ways", token: token).status == 422
      )
    }
  }

  @Test("caps the body where the policy says so, announced or chunked")
  func capsBodies() async throws {
    try await TestFunction.with(TwiceOnly.self) { function in
      let user = try await function.signUp()
      let long = #"{"name":"\#(String(repeating: "x", count: 100))"}"#
      #expect(try await function.send(token: user.token, body: long).code == "PAYLOAD_TOO_LARGE")
    }
  }

  @Test("gives an answer that may be kept a strong tag, and 304 to whoever has it")
  func revalidates() async throws {
    try await TestFunction.with(KeepThis.self) { function in
      let first = try await function.send("GET", "/keep-this?name=a")
      #expect(first.json["greeting"] == "hello a")
      #expect(first.headers["cache-control"] == "public, max-age=60")
      let tag = try #require(first.headers["etag"])
      #expect(tag.hasPrefix("\""))
      let again = try await function.send(
        "GET",
        "/keep-this?name=a",
        headers: ["If-None-Match": "\"x\", W/\(tag)"]
      )
      #expect(again.status == 304)
      #expect(again.body == "")
      #expect(again.headers["etag"] == tag)
      let other = try await function.send(
        "GET",
        "/keep-this?name=b",
        headers: ["If-None-Match": tag]
      )
      #expect(other.status == 200)
      let head = try await function.send("HEAD", "/keep-this?name=a")
      #expect(head.headers["content-length"] == String(first.body.utf8.count))
      #expect(head.body == "")
      #expect(first.headers["ratelimit"] == nil)
      #expect(try await function.send("GET", "/keep-this?name=a&name=b").status == 422)
    }
  }

  @Test("is ready only while its database answers, and alive all the same")
  func reportsHealth() async throws {
    try await TestFunction.with(WhoAmI.self) { function in
      let ready = try await function.send("GET", "/health")
      #expect(ready.status == 200)
      #expect(ready.json["checks"]?["database"]?["ok"] == true)
    }
    let nowhere = "host=127.0.0.1 port=1 dbname=x user=y"
    try await TestFunction.with(WhoAmI.self, settings: ["DATABASE_URL": nowhere]) { function in
      let ready = try await function.send("GET", "/health")
      #expect(ready.status == 503)
      #expect(ready.json["checks"]?["database"]?["ok"] == false)
      #expect(try await function.send("GET", "/health/live").status == 200)
      let answer = try await function.send("GET")
      #expect(answer.code == "UNAVAILABLE")
      #expect(answer.headers["retry-after"] != nil)
    }
  }
}
