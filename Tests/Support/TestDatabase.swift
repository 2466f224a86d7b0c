import Glibc
import Synchronization

/// A database of a test's own, on the server that `TEST_DATABASE_URL` names or else on one that the
/// test process starts.
package struct TestDatabase: Sendable {
  package let name: String
  /// Connects as the superuser, or as whoever `TEST_DATABASE_URL` connects as.
  package let url: String
  private let server: String

  private static let number = Atomic<Int>(0)

  /// What databases are copies of: made once in a test process, by whoever needs it first.
  package final class Template: Sendable {
    let name = TestDatabase.newName("template")
    private let making: Mutex<Task<Void, any Error>?> = Mutex(nil)
    private let base: Template?
    private let fill: @Sendable (_ url: String) async throws -> Void

    /// - Parameters:
    ///   - base: what is in the database at first; nothing when it is nil.
    ///   - fill: puts into the database at `url` what each copy shall hold besides; it must leave no
    ///     connection open.
    package init(
      on base: Template? = nil,
      fill: @escaping @Sendable (_ url: String) async throws -> Void
    ) {
      self.base = base
      self.fill = fill
    }

    func make() async throws {
      let task = making.withLock { making in
        let task =
          making
          ?? Task {
            let server = try await TestDatabase.usualServer
            try TestDatabase.dropAtExit(name, server)
            try await self.base?.make()
            let base = self.base?.name ?? "template1"
            try await self.fill(TestDatabase.create(name, base, server))
          }
        making = task
        return task
      }
      try await task.value
    }
  }

  /// Gives `body` a new database, and drops it afterwards.
  ///
  /// - Parameter cluster: where; the usual server when it is nil. Templates are only there.
  @discardableResult
  package static func with<Value>(
    _ template: Template? = nil,
    on cluster: TestCluster? = nil,
    _ body: (TestDatabase) async throws -> Value
  ) async throws -> Value {
    try await template?.make()
    let name = newName("test")
    let server = if let cluster { cluster.url() } else { try await usualServer }
    let url = try await create(name, template?.name ?? "template1", server)
    let database = TestDatabase(name: name, url: url, server: server)
    do {
      let value = try await body(database)
      try await database.drop()
      return value
    } catch {
      try? await database.drop()
      throw error
    }
  }

  /// Connects as another user.
  package func url(user: String) -> String {
    Self.adding("password=\(Self.password)", to: Self.adding("user=\(user)", to: url))
  }

  /// What tests give the logins that they make: a server that `TEST_DATABASE_URL` names asks for it.
  package static let password = "test"

  /// Runs SQL over a connection of psql's.
  @discardableResult
  package func psql(_ sql: String) async throws -> String {
    try await TestCluster.psql(url, sql)
  }

  private func drop() async throws {
    _ = try await TestCluster.psql(
      server,
      "drop database if exists \(name) with (force)"
    )
  }

  /// On a server that outlives the test process.
  private static func dropAtExit(_ name: String, _ server: String) throws {
    guard getenv("TEST_DATABASE_URL") != nil else { return }
    try ChildProcess.guarded(
      by: """
        read -r _
        "$1" -X -q -d "$2" -c "drop database if exists $3"
        """,
      [TestCluster.binaries + "psql", server, name]
    )
  }

  /// - Returns: its connection string.
  private static func create(
    _ name: String,
    _ template: String,
    _ server: String
  ) async throws -> String {
    try await TestCluster.psql(server, "create database \(name) template \(template)")
    return adding("dbname=\(name)", to: server)
  }

  /// The one given last counts.
  private static func adding(_ keyword: String, to url: String) -> String {
    guard url.contains("://") else { return url + " " + keyword }
    return url + (url.contains("?") ? "&" : "?") + keyword
  }

  private static var usualServer: String {
    get async throws {
      if let url = getenv("TEST_DATABASE_URL") { return String(cString: url) }
      return try await TestCluster.shared.value.url()
    }
  }

  private static func newName(_ kind: String) -> String {
    "streamvibe_\(kind)_\(getpid())_\(number.add(1, ordering: .relaxed).newValue)"
  }
}
