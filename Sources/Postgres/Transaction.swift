package import Loop

/// An open transaction on a connection of its own, good until the closure that got it ends.
@Loop
package final class Transaction: Querying {
  private let connection: Connection
  private let preamble: Preamble
  private let origin: Request.Origin
  private let statementLimit: Duration
  private var hasBegun = false
  private var isOver = false
  /// What made the server abort the transaction.
  private var failure: PostgresError?

  init(
    _ connection: Connection,
    _ preamble: Preamble,
    _ origin: Request.Origin,
    statementLimit: Duration
  ) {
    self.connection = connection
    self.preamble = preamble
    self.origin = origin
    self.statementLimit = statementLimit
  }

  package func run(
    _ statements: [SQL],
    function: String
  ) async throws(PostgresError) -> [Rows] {
    for statement in statements { try statement.check() }
    guard !isOver else { throw .malformed("the transaction has ended") }
    // BEGIN and the identity travel with the first statements.
    let lead: Request.Lead = hasBegun ? .none : .begin(preamble)
    hasBegun = true
    do {
      return try await send(lead, statements, origin.named(function)).result()
    } catch {
      failure = failure ?? error
      throw error
    }
  }

  /// - Throws: also when a statement failed and the closure went on regardless, since the server
  ///   keeps nothing of such a transaction.
  func commit() async throws(PostgresError) {
    guard !Task.isCancelled else { throw .cancelled }
    if let failure { throw failure }
    isOver = true
    guard hasBegun else { return }
    _ = try await send(.none, ["commit"], nil).result(isCancellable: false)
  }

  /// Does nothing after ``commit()`` was sent.
  func rollBack() async {
    guard !isOver else { return }
    isOver = true
    guard hasBegun, connection.handle != nil else { return }
    // Left by a task that was cancelled: the server is told to stop, and since that may hit
    // whatever comes next, nothing comes next.
    guard connection.load == 0 else { return await connection.abort() }
    let ended = try? await send(.none, ["rollback"], nil).result(isCancellable: false)
    if ended == nil { connection.close() }
  }

  private func send(
    _ lead: Request.Lead,
    _ statements: [SQL],
    _ origin: Request.Origin?
  ) -> Request {
    let request = Request(
      lead: lead,
      statements: statements,
      origin: origin,
      limit: statementLimit * statements.count + connection.database.settings.grace
    )
    if !connection.send(request) { request.finish(.connectionLost) }
    return request
  }
}
