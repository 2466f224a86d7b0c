import Core
import Crypto
import JSON
import TestSupport
import Testing

@testable import auth

/// Auth, answering in the test's process on a database of its own.
struct TestAuth: Sendable {
  static let password = "correct horse battery"

  private static let places = Places(8)

  let server: TestServer

  /// Without limits and pauses, and with passwords that are hashed in no time, unless a test is
  /// about those.
  static func with<Value: Sendable>(
    _ settings: [String: String] = [:],
    _ body: @Sendable (TestAuth) async throws -> Value
  ) async throws -> Value {
    var all = [
      "JWT_SIGNING_KEY": try TestKeys.shared.jwk, "AUTH_HASH_COST": "4",
      "AUTH_ANSWER_FLOOR_MS": "0", "AUTH_MAIL_GAP_SECONDS": "0", "AUTH_RATE_LIMITS": "off",
    ]
    all.merge(settings) { $1 }
    let values = all
    return try await places.with {
      try await TestServer.with(Auth.self, login: "auth_admin", settings: values) { server in
        try await body(TestAuth(server: server))
      }
    }
  }

  /// Sends a request of the API; the path is what follows `/auth/v1/`.
  func send(
    _ method: String,
    _ path: String,
    _ body: JSON? = nil,
    token: String? = nil,
    headers: [String: String] = [:]
  ) async throws -> TestAnswer {
    try await server.send(
      method,
      "/auth/v1/\(path)",
      token: token,
      body: body.map { String(decoding: $0.bytes, as: UTF8.self) },
      headers: headers
    )
  }

  func post(
    _ path: String,
    _ body: JSON,
    token: String? = nil,
    headers: [String: String] = [:]
  ) async throws -> TestAnswer {
    try await send("POST", path, body, token: token, headers: headers)
  }

  func sql(_ text: String) async throws -> String {
    try await server.database.psql(text).trimmingCharacters()
  }

  /// How many passwords were hashed.
  var hashes: Int {
    get async { await (server.responder as? Auth)?.hasher.count ?? -1 }
  }

  /// A token of the backend's own.
  var service: String {
    get throws { try TestKeys.shared.token(role: "service_role", [:]) }
  }

  // MARK: - What people do

  /// Signs an address up and confirms it by the mailed code.
  func signUp(
    _ email: String = "ann@example.com",
    password: String = password
  ) async throws -> TestSession {
    let answer = try await post("signup", ["email": .string(email), "password": .string(password)])
    try #require(answer.status == 200, "\(answer.body)")
    return try await confirm(email)
  }

  func confirm(_ email: String) async throws -> TestSession {
    let code = try await mails(to: email).last?.token ?? ""
    let answer = try await post(
      "verify",
      ["type": "signup", "email": .string(email), "token": .string(code)]
    )
    return try TestSession(answer)
  }

  func signIn(
    _ email: String = "ann@example.com",
    password: String = password
  ) async throws -> TestAnswer {
    try await post(
      "token?grant_type=password",
      ["email": .string(email), "password": .string(password)]
    )
  }

  func refresh(_ token: String) async throws -> TestAnswer {
    try await post("token?grant_type=refresh_token", ["refresh_token": .string(token)])
  }

  func user(_ session: TestSession) async throws -> TestAnswer {
    try await send("GET", "user", token: session.access)
  }

  /// The mails that wait for an address, oldest first.
  func mails(to address: String) async throws -> [MailContent] {
    let rows = try await sql(
      """
      select kind || ' ' || encode(sealed, 'hex') from auth.outgoing_mail
      where recipient = '\(address)' order by created_at
      """
    )
    let seal = try MailSeal(signingKey: TestKeys.shared.jwk)
    return try rows.split(separator: "\n").map { row in
      let parts = row.split(separator: " ")
      let kind = try #require(MailContent.Kind(rawValue: String(parts[0])))
      let sealed = Hex.decode(String(parts[1]).utf8.span) ?? []
      return try seal.open(sealed, kind, to: address)
    }
  }
}

/// Somebody who is signed in.
struct TestSession: Sendable {
  let access: String
  let refresh: String
  let user: JSON
  let answer: TestAnswer

  init(_ answer: TestAnswer) throws {
    try #require(answer.status == 200, "\(answer.status) \(answer.body)")
    self.answer = answer
    access = try #require(answer.json["access_token"]?.text)
    refresh = try #require(answer.json["refresh_token"]?.text)
    user = try #require(answer.json["user"])
  }

  var id: String { user["id"]?.text ?? "" }

  /// What the access token says.
  var claims: JSON {
    get throws {
      let parts = access.split(separator: ".")
      return try JSON(parsing: Base64URL.decode(String(parts[1]).utf8.span) ?? [])
    }
  }
}

extension JSON {
  var text: String? { if case .string(let text) = self { text } else { nil } }

  var elements: [JSON]? { if case .array(let elements) = self { elements } else { nil } }

  var integer: Int? { if case .number(let digits) = self { Int(digits) } else { nil } }
}

extension TestAnswer {
  /// The code of an error, in either shape.
  var errorCode: String? { json["error_code"]?.text ?? json["code"]?.text }

  /// A parameter behind `#` or `?` of where the answer leads.
  func leads(_ mark: Character, _ name: String) -> String? {
    guard let location = headers["location"], let start = location.firstIndex(of: mark) else {
      return nil
    }
    var part = location[location.index(after: start)...]
    if mark == "?" { part = part.prefix { $0 != "#" } }
    return Form.values(String(part))[name]
  }
}

extension String {
  func trimmingCharacters() -> String {
    String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }
}

/// `count` results of the same work, all at once.
func storm<Value: Sendable>(
  of count: Int,
  _ work: @escaping @Sendable (Int) async throws -> Value
) async throws -> [Value] {
  try await withThrowingTaskGroup(of: Value.self) { group in
    for number in 0..<count { group.addTask { try await work(number) } }
    return try await group.reduce(into: []) { $0.append($1) }
  }
}
