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

  init(_ rows: Rows, isUpsert: Bool = false, locates: Bool = false) throws(PostgresError) {
    guard let row = rows.first else { throw .connectionLost }
    // In the order of ``Envelope``.
    total = try row.integer(at: 0)
    page = try row.integer(at: 1) ?? 0
    body = row.bytes(at: 2)?.array ?? []
    headers = row.bytes(at: 3)?.array
    status = try row.integer(at: 4)
    inserted = isUpsert ? try row["inserted"] : nil
    location = locates ? try row["location"] : []
  }
}
