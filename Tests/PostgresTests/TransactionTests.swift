import Loop
import Postgres
import Testing
import TestSupport

private let schema = TestDatabase.Template { url in
  _ = try await TestCluster.psql(
    url,
    """
    create table item (id int primary key, owner text not null default current_user);
    create table note (item_id int references item deferrable initially deferred);
    """
  )
}

@Suite("A transaction", .timeLimit(.minutes(2)))
struct TransactionTests {
  @Test("spans the statements of one call: when the last fails, the first has not happened")
  func rollsBackWhatSharesASync() async throws {
    try await TestDatabase.with(schema) { server in
      try await withDatabase(server.url) { database in
        let session = database.session(as: Identity())
        try await session.run("insert into item values (1)")
        let error = try await refusal {
          try await session.run(
            "insert into item values (2)",
            "insert into item values (1)",
            "insert into item values (3)"
          )
        }
        #expect(error.sqlstate == "23505")
        #expect(error.constraint == "item_pkey")
        #expect(error.table == "item")
        let ids: [Int] = try await session.run("select id from item").map { try $0["id"] }
        #expect(ids == [1])
      }
    }
  }

  @Test("returns the rows of each of its statements")
  func returnsAllResults() async throws {
    try await TestDatabase.with(schema) { server in
      try await withDatabase(server.url) { database in
        let results = try await database.session(as: Identity()).run(
          "insert into item values (1), (2)",
          "select id from item order by id",
          "select 'x' as x where false"
        )
        #expect(results.map(\.count) == [0, 2, 0])
        #expect(results[0].affected == 2)
      }
    }
  }

  @Test("that fails when it is committed has failed, and isn't acknowledged before")
  func reportsFailedCommit() async throws {
    try await TestDatabase.with(schema) { server in
      try await withDatabase(server.url) { database in
        let session = database.session(as: Identity())
        let error = try await refusal {
          try await session.run("insert into note values (99)")
        }
        #expect(error.sqlstate == "23503")
        // The connection is as good as new.
        let notes = try await session.run("select from note")
        #expect(notes.isEmpty)
        #expect(database.gauges.open == 1)
      }
    }
  }

  @Test("leaves nothing of role, claims and limits to the next one")
  func leavesNothingBehind() async throws {
    try await TestDatabase.with { server in
      try await server.psql("create role \(server.name)_user")
      try await withDatabase(server.url, { $0.connections = 1 }) { database in
        let identity = Identity(
          role: "\(server.name)_user",
          claims: Array(#"{"sub":"1"}"#.utf8),
          requestID: "r-1",
          statementTimeout: .milliseconds(1234),
          isReadOnly: true
        )
        let look: SQL = """
          select current_user as role, current_setting('request.jwt.claims', true) as claims,
              current_setting('app.request_id', true) as request,
              current_setting('statement_timeout') as timeout,
              current_setting('transaction_read_only') as read_only
          """
        let inside = try await database.session(as: identity).run(look)[0]
        #expect(try inside["role"] == "\(server.name)_user")
        #expect(try inside["claims"] == #"{"sub":"1"}"#)
        #expect(try inside["request"] == "r-1")
        #expect(try inside["timeout"] == "1234ms")
        #expect(try inside["read_only"] == "on")
        let outside = try await database.session(as: Identity()).run(look)[0]
        #expect(try outside["role"] == "postgres")
        #expect(try outside["claims"] == "")
        #expect(try outside["request"] == "")
        #expect(try outside["timeout"] == "8s")
        #expect(try outside["read_only"] == "off")
        #expect(database.gauges.open == 1)
      }
      try await server.psql("drop role \(server.name)_user")
    }
  }

  @Test("of a read-only identity can't write")
  func enforcesReadOnly() async throws {
    try await TestDatabase.with(schema) { server in
      try await withDatabase(server.url) { database in
        let error = try await refusal {
          try await database.session(as: Identity(isReadOnly: true))
            .run("insert into item values (1)")
        }
        #expect(error.sqlstate == "25006")
      }
    }
  }
}

@Suite("An exclusive transaction", .timeLimit(.minutes(2)))
struct ExclusiveTests {
  @Test("commits when its work returns, with what it has read in between")
  func commits() async throws {
    try await TestDatabase.with(schema) { server in
      try await withDatabase(server.url) { database in
        let session = database.session(as: Identity(claims: Array("{}".utf8)))
        let next = try await session.exclusive { transaction in
          try await transaction.run("insert into item values (1)")
          let highest: Int = try await transaction.run("select max(id) as id from item")[0]["id"]
          let claims: String = try await transaction.run(
            "select current_setting('request.jwt.claims') as c"
          )[0]["c"]
          #expect(claims == "{}")
          try await transaction.run("insert into item values (\(highest + 1))")
          return highest + 1
        }
        #expect(next == 2)
        #expect(try await session.run("select from item").count == 2)
      }
    }
  }

  @Test("rolls back when its work throws, and the connection is used again")
  func rollsBack() async throws {
    struct Broken: Error {}
    try await TestDatabase.with(schema) { server in
      try await withDatabase(server.url, { $0.connections = 1 }) { database in
        let session = database.session(as: Identity())
        do {
          try await session.exclusive { transaction in
            try await transaction.run("insert into item values (1)")
            throw Broken()
          }
          Issue.record("it went on")
        } catch {
          #expect(error is Broken)
        }
        let pid = try await session.exclusive { transaction in
          #expect(try await transaction.run("select from item").isEmpty)
          return try await transaction.one("select pg_backend_pid()", as: Int.self)
        }
        #expect(try await session.one("select pg_backend_pid()", as: Int.self) == pid)
      }
    }
  }

  @Test("is not committed after a failed statement, even when its work goes on")
  func neverCommitsHalf() async throws {
    try await TestDatabase.with(schema) { server in
      try await withDatabase(server.url) { database in
        let session = database.session(as: Identity())
        let error = try await refusal {
          try await session.exclusive { transaction in
            try await transaction.run("insert into item values (1)")
            _ = try? await transaction.run("select 1/0")
          }
        }
        #expect(error.sqlstate == "22012")
        let items = try await session.run("select from item")
        #expect(items.isEmpty)
      }
    }
  }

  @Test("is rolled back when its task is cancelled, and the server stops its statement")
  func rollsBackOnCancellation() async throws {
    try await TestDatabase.with(schema) { server in
      try await withDatabase(server.url) { database in
        let session = database.session(as: Identity())
        let clock = ContinuousClock()
        let start = clock.now
        let working = Loop.task {
          await failure {
            try await session.exclusive { transaction in
              try await transaction.run("insert into item values (1)")
              try await transaction.run("select pg_sleep(60)")
            }
          }
        }
        try await Loop.sleep(for: .milliseconds(150))
        working.cancel()
        #expect(await working.value == .cancelled)
        let items = try await session.run("select from item")
        #expect(items.isEmpty)
        let sleeping = """
          select count(*) from pg_stat_activity
          where query like '%pg_sleep(60)' and datname = current_database() and state = 'active'
          """
        while try await server.psql(sleeping) != "0\n" {
          try await Loop.sleep(for: .milliseconds(10))
        }
        #expect(clock.now - start < .seconds(5))
      }
    }
  }

  @Test("shares its connection with nobody, while shared work goes on beside it")
  func isAlone() async throws {
    try await TestDatabase.with(schema) { server in
      try await withDatabase(server.url) { database in
        let session = database.session(as: Identity())
        try await session.exclusive { transaction in
          let own = try await transaction.one("select pg_backend_pid()", as: Int.self)
          for _ in 0..<20 {
            let other = try await session.one("select pg_backend_pid()", as: Int.self)
            #expect(other != own)
          }
        }
      }
    }
  }

  @Test("can't be used after its work has ended")
  func ends() async throws {
    try await TestDatabase.with { server in
      try await withDatabase(server.url) { database in
        let escaped = try await database.session(as: Identity()).exclusive { $0 }
        #expect(
          await failure {
            try await escaped.run("select 1")
          } == PostgresError.malformed("the transaction has ended")
        )
      }
    }
  }
}
