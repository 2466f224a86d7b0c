package import Loop

/// A process's connections to its database: opened when they are needed, shared by all, closed when
/// nobody needs them.
///
/// It lives until ``close()``.
@Loop
package final class Database {
  package let settings: Settings
  package weak var observer: (any DatabaseObserver)?
  var connections: [Connection] = []
  /// Those that wait for a place on a connection, and those that wait for one of their own.
  var requests = FIFO<Request>()
  var reservations = FIFO<Reservation>()
  /// Each is about to open a connection.
  var connectors: [Connector] = []
  var backoff = Backoff()
  /// Since when there has been no connection, as long as somebody tries to get one.
  var downSince: Instant?
  var lastDemand = Instant.now
  var isClosed = false
  var isAdvancing = false
  lazy var reopening = LoopTimer { [weak self] in self?.reopen() }
  lazy var expiry = LoopTimer { [weak self] in self?.expire() }
  lazy var sweep = LoopTimer { [weak self] in self?.closeIdle() }

  /// Connects to nothing yet.
  ///
  /// - Throws: ``PostgresError/malformed(_:)`` for a connection string that can't be read.
  package init(_ settings: Settings) throws(PostgresError) {
    self.settings = settings
    _ = try ConnectionString(settings.url)
  }

  /// The database as `identity` sees it.
  package nonisolated func session(as identity: Identity) -> Session {
    Session(self, identity)
  }

  package var gauges: PoolGauges {
    PoolGauges(
      open: connections.count,
      inUse: connections.count { $0.load > 0 || $0.use == .exclusive },
      waiting: requests.count + reservations.count
    )
  }

  /// Ends all connections; who still waits gets ``PostgresError/unavailable(retryAfter:)``, and what
  /// is under way ``PostgresError/connectionLost``.
  package func close() {
    isClosed = true
    for timer in [reopening, expiry, sweep] { timer.cancel() }
    for connector in connectors { connector.cancel() }
    for connection in connections { connection.close() }
    for waiter in requests.removeAll() as [Waiter] + reservations.removeAll() {
      waiter.finish(unavailable)
    }
  }

  var unavailable: PostgresError { .unavailable(retryAfter: .seconds(1)) }

  // MARK: - What connections report

  /// Some of the connection's requests have ended.
  func advanced(_ connection: Connection) {
    if connection.use == .retired, connection.load == 0 { connection.close() }
    if !requests.isEmpty || !reservations.isEmpty { advance() }
  }

  /// - Parameter reason: nil when it was closed on purpose.
  func closed(_ connection: Connection, lost: [Request], _ reason: String?) {
    connections.removeAll { $0 === connection }
    if let reason { observer?.disconnected(reason) }
    for request in lost.reversed() where !request.isFinished {
      // Whether a write has happened is unknown; a read may simply be asked again.
      if request.origin?.isReadOnly == true, request.mayRetry, !isClosed {
        retry(request)
      } else {
        request.finish(.connectionLost)
      }
    }
    advance()
  }

  func report(_ request: Request, _ index: Int, _ failure: PostgresError?, _ now: Instant) {
    guard let observer, let origin = request.origin else { return }
    observer.finished(
      StatementReport(
        name: request.statements[index].name ?? origin.function,
        requestID: origin.requestID,
        waited: request.sent - request.submitted,
        duration: now - request.sent,
        failure: failure
      )
    )
  }
}
