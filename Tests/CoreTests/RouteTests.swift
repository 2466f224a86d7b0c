import JSON
import Loop
import Postgres
import TestSupport
import Testing

@testable import Core

/// Answers three more calls than its own.
struct ManyWays: EdgeFunction {
  static let policy = Policy(.post)
  static let summary = "Answers in many ways."

  struct Output: Codable { var way: String }

  static let routes = [
    Route(.get, "", "Where to.", parameters: [("to", "where")], answers: [(302, "There.")]) {
      (request: RawRequest, call: Call<Visitor>) in
      guard let to = request.parameter("to") else {
        return .page(status: 400, title: "No", text: "<script>\(request.wantsPage)</script>")
      }
      return .redirect(to: "https://app.example/?to=\(to.percentEncoded)")
    },
    Route(
      .post,
      "/hook",
      "Takes what a platform tells.",
      isExempt: true,
      bodyLimit: 64,
      parameters: [("name", "a name")],
      bodyType: "application/x-www-form-urlencoded",
      answers: [(200, "Taken.")]
    ) { (request: RawRequest, call: Call<Visitor>) in
      .json(["name": JSON(try request.field("name")), "length": JSON(request.body.count)])
    },
    Route(.get, "/mine", "Who asks.", answers: [(200, "You.")]) {
      (request: RawRequest, call: Call<User>) in
      struct Row: Decodable { var isReadOnly: String }
      let row: Row = try await call.database.one(
        "select current_setting('transaction_read_only') as is_read_only"
      )
      return .json(["id": .string("\(call.caller.id)"), "is_read_only": .string(row.isReadOnly)])
    },
  ]

  static func handle(_ input: NoInput, _ call: Call<User>) async throws -> Output {
    Output(way: "main")
  }
}

/// Changes something when it is read.
struct WriteByGet: EdgeFunction {
  static let policy = Policy(.get, writesOnGet: true)
  static let summary = "Writes."

  struct Output: Codable { var isReadOnly: String }

  static func handle(_ input: NoInput, _ call: Call<User>) async throws -> Output {
    try await call.database.one("select current_setting('transaction_read_only') as is_read_only")
  }
}

@Suite("What a function answers beside its main call")
struct RouteTests {
  @Test("has a caller and a handler of its own, under both of the function's names")
  func answers() async throws {
    try await TestFunction.with(ManyWays.self) { function in
      let user = try await function.signUp()
      #expect(try await function.send(token: user.token).json["way"] == "main")
      #expect(try await function.send().status == 401)
      let away = try await function.send("GET", "/functions/v1/many-ways?to=a%26b%0D%0Ac")
      #expect(away.status == 302)
      #expect(away.headers["location"] == "https://app.example/?to=a%26b%0D%0Ac")
      #expect(away.headers["cache-control"] == "no-store")
      #expect(away.headers["referrer-policy"] == "no-referrer")
      let mine = try await function.send("GET", "/many-ways/mine", token: user.token)
      #expect(mine.json["id"] == .string(user.id))
      #expect(mine.json["is_read_only"] == "on")
      #expect(try await function.send("GET", "/many-ways/mine").status == 401)
    }
  }

  @Test("escapes what it puts into a page, and lets the page do nothing")
  func escapes() async throws {
    try await TestFunction.with(ManyWays.self) { function in
      let answer = try await function.send("GET", headers: ["Accept": "text/html"])
      #expect(answer.status == 400)
      #expect(answer.body.contains("&lt;script&gt;true&lt;/script&gt;"))
      #expect(!answer.body.contains("<script"))
      #expect(answer.headers["content-security-policy"]?.contains("default-src 'none'") == true)
      #expect("\"'<&>".escapedForHTML == "&quot;&#39;&lt;&amp;&gt;")
    }
  }

  @Test("gets a body as it was sent, up to its limit")
  func takesForms() async throws {
    try await TestFunction.with(ManyWays.self) { function in
      let form = ["Content-Type": "application/x-www-form-urlencoded; charset=utf-8"]
      let path = "/many-ways/hook"
      let taken = try await function.send("POST", path, body: "name=a%2Bb+c", headers: form)
      #expect(taken.json == ["name": "a+b c", "length": 12])
      #expect(try await function.send("POST", path, body: "{}").status == 415)
      let twice = try await function.send("POST", path, body: "name=a&name=b", headers: form)
      #expect(twice.status == 422)
      let long = String(repeating: "x", count: 65)
      #expect(try await function.send("POST", path, body: long, headers: form).status == 413)
    }
  }

  @Test("is found by its method, and every other is refused with a list of those")
  func knowsMethods() async throws {
    try await TestFunction.with(ManyWays.self) { function in
      let main = try await function.send("PUT")
      #expect(main.status == 405)
      #expect(main.headers["allow"] == "POST, GET, HEAD")
      let hook = try await function.send("GET", "/many-ways/hook")
      #expect(hook.status == 405)
      #expect(hook.headers["allow"] == "POST")
      #expect(try await function.send("OPTIONS", "/many-ways/mine").headers["allow"] == "GET, HEAD")
      #expect(try await function.send("POST", "/many-ways/hook/more").status == 404)
    }
  }

  @Test("counts against the caller's rate limit, unless it is exempt")
  func isCounted() async throws {
    let settings = ["RATE_LIMIT_ANON_PER_HOUR": "2"]
    try await TestFunction.with(ManyWays.self, settings: settings) { function in
      let form = ["Content-Type": "application/x-www-form-urlencoded"]
      for _ in 0..<2 { #expect(try await function.send("GET", "/many-ways?to=a").status == 302) }
      #expect(try await function.send("GET", "/many-ways?to=a").status == 429)
      let hook = try await function.send("POST", "/many-ways/hook", body: "", headers: form)
      #expect(hook.status == 200)
      #expect(hook.headers["ratelimit"] == nil)
    }
  }

  @Test("is described for openapi.json")
  func isDescribed() throws {
    let all = JSON.object(FunctionResponder<ManyWays>.profile.members)
    guard case .array(let operations)? = all["operations"] else { throw CancellationError() }
    #expect(operations.count == 3)
    let hook = operations[1]
    #expect(hook["path"] == "/functions/v1/many-ways/hook")
    #expect(hook["method"] == "POST")
    #expect(hook["credentials"] == ["none"])
    let schema = hook["requestBody"]?["content"]?["application/x-www-form-urlencoded"]?["schema"]
    #expect(schema?["properties"]?["name"]?["description"] == "a name")
    #expect(operations[2]["credentials"] == ["bearer"])
  }

  @Test("a function that says so may write when it is asked with GET")
  func writesOnGet() async throws {
    try await TestFunction.with(WriteByGet.self) { function in
      let user = try await function.signUp()
      let answer = try await function.send("GET", token: user.token)
      #expect(answer.json["is_read_only"] == "off")
    }
  }
}
