import Glibc
import Synchronization

/// A PostgreSQL server of the test process: a Unix socket in a folder in /tmp, gone with it.
package struct TestCluster: Sendable {
  /// Holds the data and the socket.
  package let directory: String
  private let port: Int

  private static let number = Atomic<Int>(0)
  static let binaries = "/usr/lib/postgresql/15/bin/"

  /// The one that test databases are made in.
  package static let shared = Task { try await TestCluster.start() }

  /// An empty data folder that others are copies of.
  private static let blank = Task { () -> String in
    let folder = try await makeFolder("blank")
    try await run(
      [
        "initdb", "-D", folder + "/data", "-U", "postgres", "-A", "trust", "-E", "UTF8",
        "--no-locale", "--no-sync", "--no-instructions",
      ]
    )
    return folder
  }

  /// Starts a new one.
  ///
  /// - Parameter settings: lines of postgresql.conf.
  package static func start(settings: [String] = []) async throws -> TestCluster {
    let blank = try await Self.blank.value
    let cluster = TestCluster(directory: try await makeFolder("cluster"), port: 5432)
    try await ChildProcess.run(
      ChildProcess.unprivileged + ["cp", "-r", blank + "/data", cluster.data]
    )
    try await cluster.configure(settings)
    try await cluster.start()
    return cluster
  }

  /// Starts a standby that follows this one.
  package func startStandby(settings: [String] = []) async throws -> TestCluster {
    let standby = TestCluster(directory: try await Self.makeFolder("standby"), port: port)
    try await Self.run(
      [
        "pg_basebackup", "-h", directory, "-p", "\(port)", "-U", "postgres", "-D", standby.data,
        "-R", "-X", "stream", "-c", "fast", "--no-sync",
      ]
    )
    try await standby.configure(settings)
    try await standby.start()
    return standby
  }

  package func url(database: String = "postgres", user: String = "postgres") -> String {
    "host=\(directory) port=\(port) dbname=\(database) user=\(user)"
  }

  // MARK: - What is done to it

  package func start() async throws {
    try await Self.run(["pg_ctl", "-D", data, "-w", "-s", "-l", directory + "/log", "start"])
  }

  /// - Parameter mode: `immediate` is what a crash is like.
  package func stop(mode: String = "immediate") async throws {
    try await Self.run(["pg_ctl", "-D", data, "-w", "-s", "-m", mode, "stop"])
  }

  package func promote() async throws {
    try await Self.run(["pg_ctl", "-D", data, "-w", "-s", "promote"])
  }

  /// Runs SQL as the superuser, over a connection of psql's.
  @discardableResult
  package func psql(_ sql: String, database: String = "postgres") async throws -> String {
    try await Self.psql(url(database: database), sql)
  }

  @discardableResult
  package static func psql(_ url: String, _ sql: String) async throws -> String {
    try await ChildProcess.run(
      [binaries + "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql]
    )
  }

  // MARK: - Making it

  private var data: String { directory + "/data" }

  private func configure(_ settings: [String]) async throws {
    let lines =
      [
        "listen_addresses = ''", "unix_socket_directories = '\(directory)'", "port = \(port)",
        "fsync = off", "full_page_writes = off", "shared_buffers = 32MB", "max_connections = 200",
        "max_wal_senders = 4", "autovacuum = off", "log_min_messages = warning",
      ] + settings
    let script = "printf '%s\\n' \"$@\" >> '\(data)/postgresql.conf'"
    try await ChildProcess.run(
      ChildProcess.unprivileged + ["sh", "-c", script, "sh"] + lines
    )
  }

  /// A folder that goes, with the server in it, when the test process ends.
  private static func makeFolder(_ kind: String) async throws -> String {
    let number = number.add(1, ordering: .relaxed).newValue
    let folder = "/tmp/streamvibe-test-\(getpid())-\(number)-\(kind)"
    try await ChildProcess.run(ChildProcess.unprivileged + ["mkdir", "-m", "700", folder])
    try ChildProcess.guarded(
      by: """
        read -r _
        "$2" -D "$1/data" -s -m immediate stop
        rm -rf "$1"
        """,
      [folder, binaries + "pg_ctl"],
      prefix: ChildProcess.unprivileged
    )
    return folder
  }

  private static func run(_ arguments: [String]) async throws {
    try await ChildProcess.run(
      ChildProcess.unprivileged + [binaries + arguments[0]] + arguments.dropFirst()
    )
  }
}
