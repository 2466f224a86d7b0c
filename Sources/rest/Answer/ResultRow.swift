import Postgres

/// The one row that a statement gave.
struct ResultRow {
  let page: Int
  let total: Int?
  let body: [UInt8]
  /// What a function wants the answer's headers and status to be.
  let headers: [UInt8]?
  let status: Int?
  /// How many of the rows that an upsert was given are new.
  let inserted: Int?
  /// The primary key of the one row that was written.
  let location: [String?]

  init(_ rows: Rows, isUpsert: Bool, locates: Bool) throws(PostgresError) {
    guard let row = rows.first else { throw .connectionLost }
    page = try row["page"]
    total = try row["total"]
    body = try row.bytes("body")?.array ?? []
    headers = try row.bytes("headers")?.array
    status = try row["status"]
    inserted = isUpsert ? try row["inserted"] : nil
    location = locates ? try row["location"] : []
  }
}
