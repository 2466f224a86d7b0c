import Postgres
import Testing

@Suite("An SQL value")
struct SQLTests {
  @Test("binds what is interpolated and never makes it text")
  func binds() {
    let name = "'; drop table item; --"
    let sql: SQL = "select * from item where name = \(name) and id = \(7) and kind = \(name)"
    #expect(sql.description == "select * from item where name = $1 and id = $2 and kind = $3")
  }

  @Test("numbers the values of its fragments anew, whatever their number of digits")
  func composes() {
    let many = (1...12).map { "\($0)" as SQL }.joined(separator: ", ")
    let condition: SQL = "id in (\(fragment: many)) and owner = \("me")"
    let sql: SQL = "select \(true) where \(fragment: condition) limit \(5)"
    #expect(
      sql.description
        == "select $1 where id in ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        + " and owner = $14 limit $15"
    )
  }

  @Test(
    "quotes identifiers so that they stay identifiers",
    arguments: [
      ("item", "\"item\""), ("my \"item\"", "\"my \"\"item\"\"\""), ("a;b--", "\"a;b--\""),
      ("Größe", "\"Größe\""),
    ]
  )
  func quotes(name: String, quoted: String) {
    #expect(SQL.identifier(name).description == quoted)
  }

  @Test("is called after the function that built it, unless it is given a name")
  func hasName() {
    func completeProfile(of id: Int) -> SQL { "select \(id)" }
    #expect(completeProfile(of: 1).name == "completeProfile(of:)")
    #expect(completeProfile(of: 1).named("profile").name == "profile")
    #expect(("select 1" as SQL).name == nil)
  }
}

@Suite("A UUID")
struct UUIDTests {
  @Test("is read from its text in either case, and printed in lower case")
  func roundTrips() throws {
    let uuid = try #require(UUID("018F2A6B-7c3d-7e4f-8a9b-0c1d2e3f4a5b"))
    #expect(uuid.description == "018f2a6b-7c3d-7e4f-8a9b-0c1d2e3f4a5b")
    #expect(uuid.high == 0x018f_2a6b_7c3d_7e4f)
  }

  @Test(
    "is refused when it has another form",
    arguments: [
      "", "018f2a6b7c3d7e4f8a9b0c1d2e3f4a5b", "018f2a6b-7c3d-7e4f-8a9b-0c1d2e3f4a5",
      "018f2a6b-7c3d-7e4f-8a9b-0c1d2e3f4a5g", "018f2a6b-7c3d-7e4f-8a9b0-c1d2e3f4a5b",
      "018f2a6b-7c3d-7e4f-8a9b-0c1d2e3f4a5b ", "{18f2a6b-7c3d-7e4f-8a9b-0c1d2e3f4a5}",
    ]
  )
  func refuses(text: String) {
    #expect(UUID(text) == nil)
  }
}

@Suite("A timestamp")
struct TimestampTests {
  @Test(
    "is read from what PostgreSQL and RFC 3339 write, and printed as PostgreSQL does in JSON",
    arguments: [
      ("2024-02-29 23:59:59.5+00", "2024-02-29T23:59:59.5+00:00"),
      ("2024-03-01T01:29:59.500000+01:30", "2024-02-29T23:59:59.5+00:00"),
      ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00+00:00"),
      ("1969-12-31 23:59:59.999999+00", "1969-12-31T23:59:59.999999+00:00"),
      ("1900-02-28 20:00:00-04", "1900-03-01T00:00:00+00:00"),
      ("2000-02-29 00:00:00+00", "2000-02-29T00:00:00+00:00"),
      ("0001-01-01 00:00:00+00", "0001-01-01T00:00:00+00:00"),
    ]
  )
  func roundTrips(text: String, printed: String) throws {
    #expect(try #require(Timestamp(text)).description == printed)
  }

  @Test(
    "is refused without a zone, or when it is no timestamp",
    arguments: [
      "", "2024-02-29", "2024-02-29 23:59:59", "2024-13-01 00:00:00+00", "infinity",
      "2024-02-29 24:00:00+00", "2024-02-29 23:59:59+", "2024-02-29 23:59:59.+00",
      "2024-02-29 23:59:59+00 BC",
    ]
  )
  func refuses(text: String) {
    #expect(Timestamp(text) == nil)
  }
}
