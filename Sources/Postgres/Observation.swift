package import Loop

/// How one statement went.
package struct StatementReport: Sendable {
  /// The statement's own name, or that of the function that ran it.
  package let name: String
  /// What ``Identity/requestID`` was.
  package let requestID: String
  /// From the call until it was sent.
  package let waited: Duration
  /// From when it was sent until its result was there.
  package let duration: Duration
  /// Nil when it went well.
  package let failure: PostgresError?
}

/// What the pool looks like right now.
package struct PoolGauges: Equatable, Sendable {
  package let open: Int
  /// Connections that have work.
  package let inUse: Int
  /// Callers that wait for a place on a connection.
  package let waiting: Int

  package init(open: Int, inUse: Int, waiting: Int) {
    self.open = open
    self.inUse = inUse
    self.waiting = waiting
  }
}

/// Is told what happens in a ``Database``; every call is on the loop and must be quick.
@Loop
package protocol DatabaseObserver: AnyObject {
  func finished(_ statement: StatementReport)

  /// A connection could not be made, or was lost.
  ///
  /// - Parameter reason: libpq's words, with host and user and without password or values.
  func disconnected(_ reason: String)
}
