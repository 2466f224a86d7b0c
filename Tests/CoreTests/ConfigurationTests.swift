import Loop
import TestSupport
import Testing

@testable import Core

@Suite("Settings")
struct ConfigurationTests {
  private static let number = Setting("NUMBER", default: "5", "a number")
  private static let plain = Setting("PLAIN", "a text")

  @Test("count as not set when they are empty, and then have their default")
  func areAbsent() throws {
    let configuration = Configuration(["NUMBER": "", "PLAIN": ""])
    #expect(configuration[Self.number] == "5")
    #expect(try configuration.number(Self.number, in: 1...9) == 5)
    #expect(configuration[Self.plain] == nil)
    #expect(try configuration.address(Self.plain) == nil)
    #expect(throws: Failure.self) { try configuration.required(Self.plain) }
  }

  @Test("that are numbers are whole and in their range", arguments: ["0", "10", "5.0", "x", "-1"])
  func areNumbers(text: String) throws {
    let configuration = Configuration(["NUMBER": text])
    #expect(throws: ConfigurationError.self) { try configuration.number(Self.number, in: 1...9) }
    #expect(try Configuration(["NUMBER": "9"]).number(Self.number, in: 1...9) == 9)
  }

  @Test(
    "that are flags are on or off in the usual words",
    arguments: [
      ("on", true), ("TRUE", true), ("1", true), ("yes", true), ("off", false), ("False", false),
      ("0", false), ("no", false), ("", false), ("maybe", nil),
    ] as [(String, Bool?)]
  )
  func areFlags(text: String, expected: Bool?) throws {
    let configuration = Configuration(["PLAIN": text])
    guard let expected else {
      #expect(throws: ConfigurationError.self) { try configuration.flag(Self.plain) }
      return
    }
    #expect(try configuration.flag(Self.plain) == expected)
  }

  @Test("that are addresses are numeric")
  func areAddresses() throws {
    #expect(throws: ConfigurationError.self) {
      try Configuration(["PLAIN": "localhost"]).address(Self.plain)
    }
    #expect(
      try Configuration(["PLAIN": "127.0.0.1:80"]).address(Self.plain)
        == SocketAddress("127.0.0.1:80")
    )
  }

  @Test("name the issuer, or where it follows from")
  func nameIssuer() {
    #expect(Configuration([:]).issuer == "http://127.0.0.1:54321/auth/v1")
    let external = ["API_EXTERNAL_URL": "https://api.example"]
    #expect(Configuration(external).issuer == "https://api.example/auth/v1")
    #expect(Configuration(["JWT_ISSUER": "https://x"]).issuer == "https://x")
  }

  @Test(
    "that can't be used keep a process from starting",
    arguments: [
      ["DATABASE_CONNECTIONS": "0"], ["DATABASE_PREPARED": "perhaps"], ["MAX_BODY_BYTES": "0"],
      ["RATE_LIMIT_USER_PER_HOUR": "0"], ["SENTRY_DSN": "nowhere"], ["LISTEN": "somewhere"],
      ["METRICS_LISTEN": "somewhere"],
    ]
  )
  func stopStarts(settings: [String: String]) async {
    await #expect(throws: ConfigurationError.self) {
      try await TestFunction.with(WhoAmI.self, settings: settings) { _ in }
    }
  }

  @Test("of the database reach it")
  func reachDatabase() async throws {
    try await TestFunction.with(WhoAmI.self, settings: ["DATABASE_CONNECTIONS": "1"]) {
      function async throws in
      let answers = try await storm(of: 20) { try await function.send("GET") }
      #expect(answers.allSatisfy { $0.status == 200 })
      let sessions = try await function.database.psql(
        """
        select application_name, count(*) from pg_stat_activity
        where datname = current_database() and usename = 'edge' group by 1
        """
      )
      #expect(sessions.filter { !$0.isWhitespace } == "who-am-i|1")
    }
    try await onLoop {
      let settings = Configuration(["DATABASE_URL": "host=127.0.0.1 port=1"])
      let environment = try ProcessEnvironment(settings, name: "x")
      #expect(environment.openedDatabase == nil)
      #expect(try environment.database() === environment.database())
    }
  }
}
