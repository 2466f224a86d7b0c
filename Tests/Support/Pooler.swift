import Glibc

/// A pgbouncer in transaction mode in front of a server on a Unix socket.
package struct Pooler: Sendable {
  /// Holds its socket.
  package let directory: String
  private let input: Int32

  /// - Parameters:
  ///   - socket: the folder of the server's socket.
  ///   - users: who may log in, without a password.
  ///   - size: how many connections it has to the server.
  package static func start(
    before socket: String,
    users: [String],
    size: Int
  ) async throws -> Pooler {
    let template = "/tmp/streamvibe-test-\(getpid())-pooler.XXXXXX"
    let made = try await ChildProcess.run(
      ChildProcess.unprivileged + ["mktemp", "-d", template]
    )
    let directory = String(made.dropLast())
    let configuration = """
      [databases]
      * = host=\(socket) port=5432
      [pgbouncer]
      listen_addr =
      unix_socket_dir = \(directory)
      listen_port = 6432
      pool_mode = transaction
      auth_type = trust
      auth_file = \(directory)/users
      default_pool_size = \(size)
      max_client_conn = 200
      logfile = \(directory)/log
      """
    let write = "printf '%s\\n' \"$2\" > \"$1/ini\"; printf '%s\\n' \"$3\" > \"$1/users\""
    try await ChildProcess.run(
      ChildProcess.unprivileged + [
        "sh", "-c", write, "sh", directory, configuration,
        users.map { "\"\($0)\" \"\"" }.joined(separator: "\n"),
      ]
    )
    let input = try ChildProcess.guarded(
      by: """
        /usr/sbin/pgbouncer -q "$1/ini" < /dev/null &
        read -r _
        kill $!
        wait
        rm -rf "$1"
        """,
      [directory],
      prefix: ChildProcess.unprivileged
    )
    let pooler = Pooler(directory: directory, input: input)
    while access(directory + "/.s.PGSQL.6432", F_OK) != 0 { usleep(10_000) }
    return pooler
  }

  package func url(database: String, user: String) -> String {
    "host=\(directory) port=6432 dbname=\(database) user=\(user)"
  }

  package func stop() {
    close(input)
  }
}
