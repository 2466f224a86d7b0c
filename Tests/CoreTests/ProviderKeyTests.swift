import JSON
import Loop
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Core

/// Tells the key that it would call a provider with.
struct TellKey: EdgeFunction {
  static let policy = Policy(.get)
  static let summary = "Tells a key."
  static let settings = Setting.vault + [key]
  static let key = Setting("YOUTUBE_API_KEY", isSecret: true, "the key")

  struct Output: Codable { var key: String }

  static func handle(_ input: NoInput, _ call: Call<Visitor>) async throws -> Output {
    Output(key: try await call.secret(key))
  }
}

@Suite("A provider's key")
struct ProviderKeyTests {
  private static let vault = ["VAULT_KEYS": TestVault.keys]
  private static let both = ["VAULT_KEYS": TestVault.keys, "YOUTUBE_API_KEY": "of the environment"]

  private func key(_ answer: TestAnswer) -> JSON? { answer.json["key"] }

  @Test("is the vault's, before the environment's")
  func comesFromVault() async throws {
    try await TestFunction.with(TellKey.self, settings: Self.both) { function in
      try await TestVault.put("of the vault", as: "YOUTUBE_API_KEY", in: function.database)
      #expect(key(try await function.send("GET")) == "of the vault")
    }
  }

  @Test("is the environment's where the vault has none, or is not used")
  func comesFromEnvironment() async throws {
    try await TestFunction.with(TellKey.self, settings: Self.both) { function in
      let answer = try await function.send("GET")
      #expect(key(answer) == "of the environment")
    }
    let environment = ["YOUTUBE_API_KEY": "of the environment"]
    try await TestFunction.with(TellKey.self, settings: environment) { function in
      try await TestVault.put("of the vault", as: "YOUTUBE_API_KEY", in: function.database)
      #expect(key(try await function.send("GET")) == "of the environment")
    }
  }

  @Test("is NOT_CONFIGURED where there is none")
  func isNeeded() async throws {
    try await TestFunction.with(TellKey.self, settings: Self.vault) { function in
      let answer = try await function.send("GET")
      #expect(answer.code == "NOT_CONFIGURED")
      #expect(answer.json["error"]?["details"]?["setting"] == "YOUTUBE_API_KEY")
    }
  }

  @Test("that does not open is an error, and not the environment's")
  func fallsBackNever() async throws {
    let settings = Self.both.merging(["VAULT_KEYS": TestVault.list("k3")]) { $1 }
    try await TestFunction.with(TellKey.self, settings: settings) { function in
      try await TestVault.put("of the vault", as: "YOUTUBE_API_KEY", in: function.database)
      #expect(try await function.send("GET").code == "INTERNAL")
    }
  }

  @Test("is read once for all who ask at a time, in the name of the first")
  func isReadOnce() async throws {
    try await TestFunction.with(TellKey.self, settings: Self.vault) { function in
      try await TestVault.put("of the vault", as: "YOUTUBE_API_KEY", in: function.database)
      let user = try await function.signUp()
      let answers = try await storm(of: 20) { try await function.send("GET", token: user.token) }
      #expect(answers.map(key) == Array(repeating: "of the vault", count: 20))
      let record = try await function.database.psql(
        """
        select secret_name, user_id, role, purpose, request_id ~ '^[0-9a-zA-Z-]+$'
        from vault.secret_read
        """
      )
      #expect(
        record.filter { !$0.isWhitespace }
          == "YOUTUBE_API_KEY|\(user.id)|authenticated|configuration|t"
      )
    }
  }

  @Test(
    "that came in plain is sealed anew by the first who reads it, also where nothing is written"
  )
  func isResealed() async throws {
    try await TestFunction.with(TellKey.self, settings: Self.vault) { function in
      try await TestVault.noteKeys(function.database.url)
      try await function.database.psql("select vault.create_secret('plain', 'YOUTUBE_API_KEY')")
      #expect(try await form(in: function.database) == "p1")
      let answer = try await function.send("GET")
      #expect(key(answer) == "plain")
      #expect(try await form(in: function.database) == "v1")
    }
  }

  private func form(in database: TestDatabase) async throws -> String {
    try await database.psql("select vault.form(secret) from vault.secrets")
      .filter { !$0.isWhitespace }
  }

  @Test("that was put in anew is used after a minute, and not before")
  func isForgotten() async throws {
    try await TestDatabase.with(TestServer.migrated) { server in
      let seconds = Mutex(0)
      let keys = try await onLoop {
        let database = try Database(.init(url: server.url(user: "edge")))
        return try ProviderKeys(Configuration(Self.vault), database) {
          Instant(nanoseconds: UInt64(seconds.withLock { $0 }) * 1_000_000_000)
        }
      }
      func value() async throws -> String {
        try await onLoop { try await keys.value(of: TellKey.key, claims: [], requestID: "r") }
      }
      try await TestVault.put("first", as: "YOUTUBE_API_KEY", in: server)
      #expect(try await value() == "first")
      try await TestVault.put("second", as: "YOUTUBE_API_KEY", in: server)
      seconds.withLock { $0 = 59 }
      #expect(try await value() == "first")
      seconds.withLock { $0 = 60 }
      #expect(try await value() == "second")
    }
  }
}
