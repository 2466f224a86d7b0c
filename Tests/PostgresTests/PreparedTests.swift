import Loop
@testable import Postgres
import Testing
import TestSupport

private struct Prepared: Decodable {
  var statement: String
}

private let prepared: SQL = "select statement from pg_prepared_statements order by 1"

@Suite("Prepared statements", .timeLimit(.minutes(2)))
struct PreparedTests {
  @Test("are made once for each text")
  func areReused() async throws {
    try await TestDatabase.with { server in
      try await withDatabase(server.url, { $0.connections = 1 }) { database in
        let session = database.session(as: Identity())
        for number in 0..<20 {
          #expect(try await session.one("select \(number)", as: Int.self) == number)
        }
        let names = try await session.all(prepared, as: Prepared.self).map(\.statement)
        #expect(names.count { $0 == "select $1" } == 1)
        #expect(names.count == 3)
      }
    }
  }

  @Test("of one template are one, each with its own values")
  func areOfTemplates() async throws {
    try await TestDatabase.with { server in
      try await withDatabase(
        server.url,
        {
          $0.connections = 1
          $0.preparedLimit = 4
        }
      ) { database in
        let session = database.session(as: Identity())
        let none: String? = nil
        let first: SQL = "select concat_ws('|', \("a"), \(none), \(7), \("b"))"
        func template() throws -> StatementTemplate {
          try #require(StatementTemplate(first, places: [0, 3], holding: [[0x61], [0x62]]))
        }
        let kept = try template()
        let other = try template()
        for (left, right) in [("x", "y"), ("", "longer than it was"), ("ü", "'\"\\")] {
          let values = [Array(left.utf8), Array(right.utf8)]
          for each in [kept, other, kept] {
            let made = try await session.one(each.statement(with: values), as: String.self)
            #expect(made == "\(left)|7|\(right)")
          }
        }
        #expect(try await session.one(first, as: String.self) == "a|7|b")
        let unlike = try #require(
          StatementTemplate("select \("a") || '!'", places: [0], holding: [[0x61]])
        )
        for _ in 0..<2 {
          #expect(try await session.one(unlike.statement(with: [[0x7A]]), as: String.self) == "z!")
        }
        let names = try await session.all(prepared, as: Prepared.self).map(\.statement)
        #expect(names.count { $0.contains("concat_ws") } == 1)
        // Given up for others, or by somebody else, it is made again.
        for text: SQL in ["select 1", "select 2", "select 3", "select 4"] {
          try await session.run(text)
        }
        let values: [[UInt8]] = [[0x31], [0x32]]
        #expect(try await session.one(kept.statement(with: values), as: String.self) == "1|7|2")
        try await session.run("deallocate all")
        #expect(try await session.one(kept.statement(with: values), as: String.self) == "1|7|2")
      }
    }
  }

  @Test("are no templates where the values are not what is said of them")
  func areHeldAgainstTheirValues() async throws {
    let sql: SQL = "select \("a"), \("b")"
    #expect(StatementTemplate(sql, places: [1], holding: [[0x62]]) != nil)
    #expect(StatementTemplate(sql, places: [1], holding: [[0x61]]) == nil)
    #expect(StatementTemplate(sql, places: [2], holding: [[0x62]]) == nil)
    #expect(StatementTemplate(sql, places: [0, 1], holding: [[0x61]]) == nil)
    let template = try #require(StatementTemplate(sql, places: [0], holding: [[0x61]]))
    #expect(throws: PostgresError.self) { try template.statement(with: [[0x61, 0]]).check() }
  }

  @Test("of the same text with other types are others")
  func dependOnTypes() async throws {
    try await TestDatabase.with { server in
      try await withDatabase(server.url, { $0.connections = 1 }) { database in
        let session = database.session(as: Identity())
        let number = try await session.one("select pg_typeof(\(1))::text", as: String.self)
        let text = try await session.one("select pg_typeof(\("1"))::text", as: String.self)
        #expect(number == "bigint")
        #expect(text == "text")
      }
    }
  }

  @Test("that were used least recently are given up")
  func areBounded() async throws {
    try await TestDatabase.with { server in
      try await withDatabase(
        server.url,
        {
          $0.connections = 1
          $0.preparedLimit = 4
        }
      ) { database in
        let session = database.session(as: Identity())
        let statements: [SQL] = ["select 1", "select 2", "select 3", "select 4", "select 5"]
        for _ in 0..<10 {
          for statement in statements { try await session.run(statement) }
          try await session.run("select 'kept'")
        }
        for statement in statements { try await session.run("select 'kept'", statement) }
        let names = try await session.all(prepared, as: Prepared.self).map(\.statement)
        // The preamble's, and the one that this one is in the place of.
        #expect(names.count <= 4 + 2)
        #expect(names.contains("select 'kept'"))
      }
    }
  }

  @Test("aren't made when the setting is off")
  func canBeOff() async throws {
    try await TestDatabase.with { server in
      try await withDatabase(server.url, { $0.isPrepared = false }) { database in
        let session = database.session(as: Identity())
        let one = try await session.one("select \(1)", as: Int.self)
        let names = try await session.all(prepared, as: Prepared.self)
        #expect(one == 1)
        #expect(names.isEmpty)
      }
    }
  }

  @Test("whose table has changed are made anew, and nobody notices")
  func surviveMigrations() async throws {
    struct Item: Decodable {
      var id: Int
      var name: String?
    }
    try await TestDatabase.with { server in
      try await server.psql("create table item (id int); insert into item values (1)")
      try await withDatabase(server.url, { $0.connections = 1 }) { database in
        let session = database.session(as: Identity())
        for _ in 0..<3 { #expect(try await session.run("select * from item")[0]["id"] == 1) }
        try await server.psql("alter table item add column name text")
        let items = try await session.all("select * from item", as: Item.self)
        #expect(items[0].name == nil)
        let names = try await session.all(prepared, as: Prepared.self).map(\.statement)
        #expect(names.count { $0 == "select * from item" } <= 1)
        try await server.psql("alter table item alter column id type text")
        let texts = try await session.run("select * from item")
        #expect(try texts[0]["id"] == "1")
        try await session.exclusive { transaction in
          let texts = try await transaction.run("select * from item")
          #expect(try texts[0]["id"] == "1")
        }
        #expect(database.gauges.open == 1)
      }
    }
  }

  @Test("that somebody else has deallocated are made anew")
  func surviveDeallocation() async throws {
    try await TestDatabase.with { server in
      try await withDatabase(server.url, { $0.connections = 1 }) { database in
        let session = database.session(as: Identity())
        for number in 0..<3 {
          #expect(try await session.one("select \(number)", as: Int.self) == number)
          try await session.run("deallocate all")
        }
      }
    }
  }

  @Test("are sent by text while another request is still making them, also when that one fails")
  func surviveARace() async throws {
    try await TestDatabase.with { server in
      try await withDatabase(server.url, { $0.connections = 1 }) { database in
        let session = database.session(as: Identity())
        let stranger = database.session(as: Identity(role: "no such role"))
        try await session.run("select 0")
        var calls: [Task<Int?, Never>] = []
        for number in 0..<4 {
          calls.append(
            Loop.task {
              let caller = number == 0 ? stranger : session
              return try? await caller.one("select \(number) + 1", as: Int.self)
            }
          )
        }
        var answers: [Int?] = []
        for call in calls { answers.append(await call.value) }
        #expect(answers == [nil, 2, 3, 4])
      }
    }
  }
}
