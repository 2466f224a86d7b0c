import Loop
import Postgres
import Testing
import TestSupport

private enum Category: String, Codable, Bindable, ColumnDecodable { case music, games }

private struct Everything: Codable, Equatable {
  var id: UUID
  var displayName: String
  var bio: String?
  var isPublic: Bool
  var followerCount: Int
  var smallest: Int32
  var rating: Double
  var category: Category
  var tags: [String]
  var categories: [Category]
  var gaps: [Int?]
  var createdAt: Timestamp
}

@Suite("Values and rows", .timeLimit(.minutes(2)))
struct ValueTests {
  @Test(
    "strings arrive as they were sent, whatever is in them",
    arguments: [
      "", "plain", "O'Reilly; drop table users; --", "\\' or 1=1", "$1 $2", "{\"a\": \"b\"}",
      "日本語 👩‍👩‍👧 é e\u{301}", "\t\r\n\u{7F}\u{1}", String(repeating: "long ", count: 50_000),
    ]
  )
  func stringsRoundTrip(text: String) async throws {
    try await TestDatabase.with { server in
      try await withDatabase(server.url) { database in
        let session = database.session(as: Identity())
        let row = try await session.run("select \(text) as text, \([text, text]) as texts")[0]
        let single: String = try row["text"]
        let several: [String] = try row["texts"]
        #expect(single == text)
        #expect(several == [text, text])
        #expect(single.utf8.elementsEqual(text.utf8))
      }
    }
  }

  @Test("a NUL, which PostgreSQL's text can't hold, is refused and not cut off")
  func refusesNUL() async throws {
    try await TestDatabase.with { server in
      try await withDatabase(server.url) { database in
        let session = database.session(as: Identity())
        let error = try await refusal {
          try await session.run("select \("a\0b")")
        }
        #expect(error.sqlstate == "22021")
        #expect(
          await failure {
            try await session.run("select \(untyped: "1\0 or true")")
          } == PostgresError.malformed("a statement holds a NUL")
        )
        #expect(
          await failure {
            try await session.run("select 1 as \(identifier: "a\0")")
          } == PostgresError.malformed("a statement holds a NUL")
        )
        let bytes: Bytes = try await session.run("select \([0, 1, 0, 255] as [UInt8]) as b")[0]["b"]
        #expect(bytes.array == [0, 1, 0, 255])
      }
    }
  }

  @Test("each type arrives as the type it is sent as")
  func typesRoundTrip() async throws {
    try await TestDatabase.with { server in
      try await withDatabase(server.url) { database in
        let session = database.session(as: Identity())
        let id = try #require(UUID("018f2a6b-7c3d-7e4f-8a9b-0c1d2e3f4a5b"))
        let now = try #require(Timestamp("2024-02-29T23:59:59.123456Z"))
        let sql: SQL = """
          select pg_typeof(\(id))::text || ' ' || pg_typeof(\(now))::text
              || ' ' || pg_typeof(\(true))::text || ' ' || pg_typeof(\(1))::text
              || ' ' || pg_typeof(\(1 as Int32))::text || ' ' || pg_typeof(\(1.5))::text
              || ' ' || pg_typeof(\("a"))::text || ' ' || pg_typeof(\(["a"]))::text
              || ' ' || pg_typeof(\([1]))::text || ' ' || pg_typeof(\([id]))::text
              || ' ' || pg_typeof(\(json: "{}"))::text || ' ' || pg_typeof(\([1] as [UInt8]))::text
              || ' ' || pg_typeof(\(nil as Int?))::text as types
          """
        let types: String = try await session.run(sql)[0]["types"]
        #expect(
          types == "uuid timestamp with time zone boolean bigint integer double precision text"
            + " text[] bigint[] uuid[] jsonb bytea bigint"
        )
        let everything = Everything(
          id: id,
          displayName: "Ада",
          bio: nil,
          isPublic: true,
          followerCount: .min,
          smallest: .max,
          rating: -0.1,
          category: .games,
          tags: ["a,b", "\"q\"", "\\", "", "null", "NULL"],
          categories: [.music, .games],
          gaps: [1, nil, -3],
          createdAt: now
        )
        let gaps: SQL = "array[1, null, -3]::bigint[]"
        let back = try await session.one(
          """
          select \(everything.id) as id, \(everything.displayName) as display_name,
              \(everything.bio) as bio, \(everything.isPublic) as is_public,
              \(everything.followerCount) as follower_count, \(everything.smallest) as smallest,
              \(everything.rating) as rating, \(everything.category) as category,
              \(everything.tags) as tags, array['music', 'games'] as categories,
              \(fragment: gaps) as gaps, \(everything.createdAt) as created_at
          """,
          as: Everything.self
        )
        #expect(back == everything)
      }
    }
  }

  @Test("JSON that PostgreSQL made is handed out byte by byte as it made it")
  func handsOutJSON() async throws {
    try await TestDatabase.with { server in
      try await withDatabase(server.url) { database in
        let session = database.session(as: Identity())
        let sql: SQL = "select jsonb_build_object('a', \(json: #"{"x": [1, 2.50]}"#), 'b', null)"
        let body = try await session.bytes(sql)
        #expect(body?.string == #"{"a": {"x": [1, 2.50]}, "b": null}"#)
        #expect(body?.count == 34)
        #expect(try await session.bytes("select null::text") == nil)
        #expect(try await session.bytes("select 'x' where false") == nil)
      }
    }
  }

  @Test("a row that hasn't the wanted shape is refused with the column that is to blame")
  func explainsDecodingErrors() async throws {
    struct Item: Decodable {
      var id: Int
      var ownerName: String
      var bio: String?
    }
    try await TestDatabase.with { server in
      try await withDatabase(server.url) { database in
        let session = database.session(as: Identity())
        func blame(_ sql: SQL) async -> DecodingFailure? {
          let error = await failure { _ = try await session.all(sql, as: Item.self) }
          guard case .decoding(let failure) = error else { return nil }
          return failure
        }
        #expect(await blame("select 1 as id")?.description.contains("ownerName") == true)
        #expect(
          await blame("select 1 as id, null as owner_name, 'b' as bio")
            .map(\.description) == "column owner_name: is null"
        )
        #expect(await blame("select 1 as id, 'o' as owner_name")?.column == "bio")
        #expect(
          await blame("select 'x' as id, '' as owner_name")
            .map(\.description) == "column id: is no Int"
        )
        #expect(
          await blame("select 9223372036854775808 as id, '' as owner_name")?.column == "id"
        )
        let missing = await failure {
          let _: Int = try await session.run("select 1 as a")[0]["b"]
        }
        #expect("\(missing as Any)".contains("is not in the result"))
      }
    }
  }

  @Test("how many rows a write touched is known")
  func countsRows() async throws {
    try await TestDatabase.with { server in
      try await server.psql("create table item (id int)")
      try await withDatabase(server.url) { database in
        let session = database.session(as: Identity())
        let written = try await session.run("insert into item select generate_series(1, 5)")
        #expect(written.affected == 5)
        let deleted = try await session.run("delete from item where id > 3")
        #expect(deleted.affected == 2)
      }
    }
  }
}
