import Glibc
import Loop
import Postgres
import Testing
import TestSupport

/// A socket that takes connections and says nothing.
@Loop
private func listenAnywhere() throws -> (descriptor: Int32, port: UInt16) {
  let descriptor = try Socket.listen(on: try #require(SocketAddress("127.0.0.1:0")))
  guard case .ipv4(_, let port)? = Socket.localAddress(of: descriptor)?.kind else {
    throw SystemError(code: EADDRNOTAVAIL, call: "listen")
  }
  return (descriptor, port)
}

private func freePort() async throws -> UInt16 {
  try await onLoop {
    let (descriptor, port) = try listenAnywhere()
    close(descriptor)
    return port
  }
}

@Suite("Several hosts", .timeLimit(.minutes(2)))
struct FailoverTests {
  @Test("when the standby is promoted, writes and LISTEN go on there within three seconds")
  func failsOver() async throws {
    let primary = try await TestCluster.start()
    try await primary.psql("create table entry (id int not null)")
    let standby = try await primary.startStandby()
    try await primary.psql(
      """
      alter system set synchronous_standby_names = '*';
      """
    )
    try await primary.psql("select pg_reload_conf()")
    let url =
      "host=\(primary.directory),\(standby.directory) port=5432 dbname=postgres user=postgres"
      + " target_session_attrs=read-write"
    try await withDatabase(url) { database in
      let session = database.session(as: Identity())
      var acknowledged: Set<Int> = []
      var heard: [Listening.Event] = []
      let listening = try Listening(Database.Settings(url: url), channels: ["entry"]) {
        heard.append($0)
      }
      var next = 0
      @Loop func write() async throws {
        next += 1
        let id = next
        try await session.run("insert into entry values (\(id))")
        acknowledged.insert(id)
      }
      for _ in 0..<50 { try await write() }
      while heard.isEmpty { try await Loop.sleep(for: .milliseconds(5)) }
      try await primary.stop()
      let start = Instant.now
      try await standby.promote()
      while true {
        do {
          try await write()
          break
        } catch {
          try await Loop.sleep(for: .milliseconds(20))
        }
      }
      #expect(.now - start < .seconds(3))
      while heard.count < 2 { try await Loop.sleep(for: .milliseconds(5)) }
      #expect(.now - start < .seconds(3))
      try await session.run("select pg_notify('entry', 'x')")
      while heard.count < 3 { try await Loop.sleep(for: .milliseconds(5)) }
      #expect(
        heard == [.connected, .connected, .notification(channel: "entry", payload: "x")]
      )
      listening.stop()
      let found = try await standby.psql("select id from entry").split(separator: "\n")
      #expect(acknowledged.isSubset(of: found.compactMap { Int($0) }))
    }
    try await standby.stop()
  }

  @Test("a server that has become read-only is left for one that takes writes, unnoticed")
  func leavesReadOnlyServers() async throws {
    let first = try await TestCluster.start()
    let second = try await TestCluster.start()
    for cluster in [first, second] { try await cluster.psql("create table entry (id int)") }
    let url =
      "host=\(first.directory),\(second.directory) port=5432 dbname=postgres user=postgres"
      + " target_session_attrs=read-write"
    try await withDatabase(url) { database in
      let session = database.session(as: Identity())
      try await session.run("insert into entry values (1)")
      try await first.psql("alter system set default_transaction_read_only = on")
      try await first.psql("select pg_reload_conf()")
      try await Loop.sleep(for: .milliseconds(200))
      try await session.run("insert into entry values (2)")
      let onFirst = try await first.psql("select id from entry")
      let onSecond = try await second.psql("select id from entry")
      #expect(onFirst == "1\n")
      #expect(onSecond == "2\n")
    }
    try await first.stop()
    try await second.stop()
  }

  @Test("a host that takes connections and says nothing is passed over in time")
  func passesOverSilentHosts() async throws {
    let silent = try await onLoop { try listenAnywhere() }
    let cluster = try await TestCluster.shared.value
    let url =
      "host=127.0.0.1,\(cluster.directory) port=\(silent.port),5432 dbname=postgres user=postgres"
    try await withDatabase(url, { $0.connectTimeout = .milliseconds(300) }) { database in
      let start = Instant.now
      try await database.session(as: Identity()).run("select 1")
      let taken = Instant.now - start
      #expect(taken > .milliseconds(300) && taken < .milliseconds(1500))
    }
    close(silent.descriptor)
  }

  @Test("names are resolved, in the order of the string, and one that is unknown is passed over")
  func resolvesNames() async throws {
    let port = try await freePort()
    let cluster = try await TestCluster.start(
      settings: ["listen_addresses = 'localhost'", "port = \(port)"]
    )
    let url = "postgresql://postgres@no-such-host.invalid:\(port),localhost:\(port)/postgres"
    try await withDatabase(url) { database in
      let address = try await database.session(as: Identity())
        .one("select host(inet_server_addr())", as: String.self)
      #expect(["127.0.0.1", "::1"].contains(address))
    }
    try await cluster.stop()
  }
}

@Suite("TLS", .timeLimit(.minutes(2)))
struct TLSTests {
  @Test("carries answers of any size to their end")
  func carriesAnswers() async throws {
    let port = try await freePort()
    let made = try await ChildProcess.run(
      ChildProcess.unprivileged + ["mktemp", "-d", "/tmp/streamvibe-test-tls.XXXXXX"]
    )
    let folder = String(made.dropLast())
    try await ChildProcess.run(
      ChildProcess.unprivileged + [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
        "-nodes", "-subj", "/CN=localhost", "-keyout", folder + "/key", "-out", folder + "/crt",
      ]
    )
    let cluster = try await TestCluster.start(
      settings: [
        "listen_addresses = 'localhost'", "port = \(port)", "ssl = on",
        "ssl_cert_file = '\(folder)/crt'", "ssl_key_file = '\(folder)/key'",
      ]
    )
    let url =
      "postgresql://postgres@localhost:\(port)/postgres?sslmode=verify-full&sslrootcert=\(folder)/crt"
    try await withDatabase(url) { database in
      let session = database.session(as: Identity(statementTimeout: .seconds(2)))
      let isEncrypted = try await session.one(
        "select ssl from pg_stat_ssl where pid = pg_backend_pid()",
        as: Bool.self
      )
      #expect(isEncrypted)
      for size in [1, 100, 8191, 8193, 16_000, 16_384, 20_000, 100_000, 3_000_000] {
        for extra in 0..<8 {
          let length = size + extra * 1021
          let text = try await session.one("select repeat('x', \(length)::int)", as: String.self)
          #expect(text.utf8.count == length)
        }
      }
    }
    try await cluster.stop()
    try await ChildProcess.run(["rm", "-rf", folder])
  }
}
