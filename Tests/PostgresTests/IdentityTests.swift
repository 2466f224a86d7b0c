import Loop
import Postgres
import Testing
import TestSupport

/// Three roles that a login may become, made once a server.
private func makeRoles(in server: TestDatabase) async throws -> (login: String, roles: [String]) {
  let login = server.name + "_login"
  let roles = (0..<3).map { "\(server.name)_role\($0)" }
  let made = roles.map { "create role \($0); grant \($0) to \(login);" }.joined()
  try await server.psql("create role \(login) login password '\(TestDatabase.password)'; \(made)")
  return (login, roles)
}

private func dropRoles(_ login: String, _ roles: [String], _ server: TestDatabase) async throws {
  try await server.psql("drop role \(roles.joined(separator: ", ")), \(login)")
}

/// What a request saw of its identity.
private struct Seen: Decodable, Equatable {
  var role: String
  var claims: String
  var request: String
  var nonce: Int
}

/// What a request of the storm is like.
private enum Kind {
  case read, readOnly, failing, exclusive, givenUp

  init(_ nonce: Int) {
    self =
      if nonce % 16 == 1 {
        .failing
      } else if nonce % 500 == 3 {
        .givenUp
      } else if nonce % 1000 == 7 {
        .exclusive
      } else {
        nonce % 3 == 0 ? .readOnly : .read
      }
  }
}

/// Many users at once, each of whose requests must see the identity it was sent with.
@Loop
private final class Storm {
  private let count: Int
  private let database: Database
  private let roles: [String]
  private var next = 0
  var right = 0
  var wrong = 0
  var unexpected: [String] = []

  init(of count: Int, over database: Database, roles: [String]) {
    self.count = count
    self.database = database
    self.roles = roles
  }

  func run() async {
    var users: [Task<Void, Never>] = []
    for _ in 0..<32 {
      users.append(
        Loop.task {
          while self.next < self.count, self.unexpected.count < 10 {
            self.next += 1
            await self.request(self.next)
          }
        }
      )
    }
    for user in users { await user.value }
    #expect(unexpected == [])
    #expect(wrong == 0)
    #expect(right == count)
  }

  private func request(_ nonce: Int) async {
    let user = nonce % 997
    let sent = Seen(
      role: roles[user % roles.count],
      claims: #"{"sub": "user-\#(user)", "nonce": \#(nonce)}"#,
      request: "request-\(nonce)",
      nonce: nonce
    )
    let kind = Kind(nonce)
    let session = database.session(
      as: Identity(
        role: sent.role,
        claims: Array(sent.claims.utf8),
        requestID: sent.request,
        isReadOnly: kind == .readOnly
      )
    )
    let look: SQL = """
      select current_user as role, current_setting('request.jwt.claims') as claims,
          current_setting('app.request_id') as request, \(nonce) as nonce
      """
    do {
      switch kind {
      case .read, .readOnly:
        note(try await session.one(look) == sent)
      case .exclusive:
        note(try await session.exclusive { try await $0.one(look) } == sent)
      case .failing:
        // Its identity was in force when it failed; what it leaves must not be seen by others.
        let error = try await refusal { try await session.run(look, "select 1 / 0 as broken") }
        note(error.sqlstate == "22012")
      case .givenUp:
        let task = Loop.task { _ = try? await session.run(look) }
        await Task.yield()
        task.cancel()
        await task.value
        note(true)
      }
    } catch {
      unexpected.append("\(error) for \(nonce)")
    }
  }

  private func note(_ isRight: Bool) {
    if isRight { right += 1 } else { wrong += 1 }
  }
}

@Suite("An identity", .timeLimit(.minutes(2)))
struct IdentityTests {
  @Test("is seen by nobody else in a hundred thousand interleaved requests")
  func neverLeaks() async throws {
    try await TestDatabase.with { server in
      let (login, roles) = try await makeRoles(in: server)
      try await withDatabase(
        server.url(user: login),
        {
          $0.connections = 3
          $0.pipelineDepth = 8
        }
      ) { database in
        await Storm(of: 100_000, over: database, roles: roles).run()
        #expect(database.gauges.open == 3)
      }
      try await dropRoles(login, roles, server)
    }
  }

  @Test("is seen by nobody else in a hundred thousand of them behind a pooler that shares sessions")
  func neverLeaksBehindAPooler() async throws {
    let cluster = try await TestCluster.shared.value
    try await TestDatabase.with(on: cluster) { server in
      let (login, roles) = try await makeRoles(in: server)
      let pooler = try await Pooler.start(before: cluster.directory, users: [login], size: 2)
      try await withDatabase(
        pooler.url(database: server.name, user: login),
        {
          $0.connections = 4
          $0.isPrepared = false
        }
      ) { database in
        await Storm(of: 100_000, over: database, roles: roles).run()
      }
      pooler.stop()
      try await dropRoles(login, roles, server)
    }
  }

  @Test("is gone from the session as soon as its statements have ended")
  func leavesTheSession() async throws {
    let cluster = try await TestCluster.shared.value
    try await TestDatabase.with(on: cluster) { server in
      let (login, roles) = try await makeRoles(in: server)
      let pooler = try await Pooler.start(before: cluster.directory, users: [login], size: 1)
      let url = pooler.url(database: server.name, user: login)
      try await withDatabase(url, { $0.isPrepared = false }) { database in
        let session = database.session(
          as: Identity(
            role: roles[0],
            claims: Array("{}".utf8),
            requestID: "r",
            statementTimeout: .seconds(5),
            isReadOnly: true
          )
        )
        // What somebody else sees who is given the same session.
        let look = """
          select pg_backend_pid(), current_user, current_setting('request.jwt.claims', true),
              current_setting('app.request_id', true), current_setting('statement_timeout'),
              current_setting('transaction_read_only')
          """
        let pid = try await session.one("select pg_backend_pid()", as: Int.self)
        #expect(try await TestCluster.psql(url, look) == "\(pid)|\(login)|||0|off\n")
        try await session.exclusive { _ = try await $0.run("select 1") }
        #expect(try await TestCluster.psql(url, look) == "\(pid)|\(login)|||0|off\n")
      }
      pooler.stop()
      try await dropRoles(login, roles, server)
    }
  }

  @Test("of a role that the login may not become is refused")
  func refusesForeignRoles() async throws {
    try await TestDatabase.with { server in
      let (login, roles) = try await makeRoles(in: server)
      try await withDatabase(server.url(user: login)) { database in
        let session = database.session(as: Identity(role: "postgres"))
        let error = try await refusal { try await session.run("select 1") }
        #expect(error.sqlstate == "42501")
        let own = database.session(as: Identity(role: roles[0]))
        try await own.run("select 1")
      }
      try await dropRoles(login, roles, server)
    }
  }
}
