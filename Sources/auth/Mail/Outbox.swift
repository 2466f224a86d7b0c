import Loop
import Postgres
import Telemetry

/// `auth.outgoing_mail`, as the process that sends sees it.
@Loop
struct Outbox {
  /// A mail that this process has for as long as its lease lasts.
  struct Claim: Sendable {
    let id: UUID
    let kind: String
    let recipient: String
    let sealed: [UInt8]
    let createdAt: Timestamp
    /// With this one.
    let attempts: Int
    let lease: UUID

    fileprivate init(_ row: Row) throws(PostgresError) {
      let sealed: Bytes = try row["sealed"]
      id = try row["id"]
      kind = try row["kind"]
      recipient = try row["recipient"]
      self.sealed = sealed.array
      createdAt = try row["created_at"]
      attempts = try row["attempts"]
      lease = try row["lease"]
    }

    /// Says which it is: not to whom.
    func describe(in line: inout LogLine) {
      line.add("mail_id", id.description)
      line.add("kind", kind)
      line.add("attempt", attempts)
    }
  }

  /// What there is of all processes' mail.
  struct Survey: Decodable, Sendable {
    let waiting: Int64
    let failed: Int64
    let oldestSeconds: Double
  }

  /// What became of a mail that was put off; nil when it is another's by now.
  enum Fate: String, Sendable {
    case due
    case failed
  }

  private let session: Session

  init(_ database: Database) {
    session = database.session(as: Identity())
  }

  /// - Parameter held: what this process still has, which it does not take again.
  func claim(
    upTo count: Int,
    for lease: Duration,
    besides held: [Claim]
  ) async throws(PostgresError) -> [Claim] {
    let rows = try await session.run(
      """
      select id, kind, recipient, sealed, created_at, attempts, lease
      from auth.claim_mail(
        \(count)::int, make_interval(secs => \(lease.seconds)), \(held.map(\.id))
      )
      """,
      function: "claimMail"
    )
    var claims: [Claim] = []
    for row in rows { claims.append(try Claim(row)) }
    return claims
  }

  /// Renews the leases.
  func keep(_ claims: [Claim], for lease: Duration) async throws(PostgresError) {
    try await session.run(
      """
      select auth.keep_mail(
        \(claims.map(\.id)), \(claims.map(\.lease)), make_interval(secs => \(lease.seconds))
      )
      """,
      function: "keepMail"
    )
  }

  /// - Returns: false when it is another's by now.
  func settle(_ claim: Claim) async throws(PostgresError) -> Bool {
    try await session.one(
      "select auth.settle_mail(\(claim.id), \(claim.lease))",
      function: "settleMail"
    )
  }

  func retry(
    _ claim: Claim,
    after delay: Duration,
    because failure: String
  ) async throws(PostgresError) -> Fate? {
    let fate = try await session.bytes(
      """
      select auth.retry_mail(
        \(claim.id), \(claim.lease), make_interval(secs => \(delay.seconds)), \(failure)
      )
      """,
      function: "retryMail"
    )
    return fate.flatMap { Fate(rawValue: $0.string) }
  }

  /// - Returns: false when it is another's by now.
  func refuse(_ claim: Claim, because failure: String) async throws(PostgresError) -> Bool {
    try await session.one(
      "select auth.refuse_mail(\(claim.id), \(claim.lease), \(failure))",
      function: "refuseMail"
    )
  }

  func survey() async throws(PostgresError) -> Survey {
    try await session.one(
      "select waiting, failed, oldest_seconds from auth.survey_mail()",
      function: "surveyMail"
    )
  }
}
