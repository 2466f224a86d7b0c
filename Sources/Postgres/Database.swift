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
  var requests = FIFO<Request>()
  var reservations = FIFO<Reservation>()
  private var connectors: [Connector] = []
  private var backoff = Backoff()
  /// Since when there is no connection, as long as somebody tries to get one.
  private var downSince: Instant?
  private var lastDemand = Instant.now
  private var isClosed = false
  private var isAdvancing = false
  private lazy var reopening = LoopTimer { [unowned self] in open() }
  private lazy var expiry = LoopTimer { [unowned self] in expire() }
  private lazy var sweep = LoopTimer { [unowned self] in closeIdle() }

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

  /// Ends all connections; who still waits gets ``PostgresError/unavailable(retryAfter:)``.
  package func close() {
    isClosed = true
    for timer in [reopening, expiry, sweep] { timer.cancel() }
    for connector in connectors { connector.cancel() }
    for connection in connections { connection.close() }
    for waiter in requests.removeAll() as [Waiter] + reservations.removeAll() {
      waiter.finish(unavailable)
    }
  }

  // MARK: - Work

  func submit(_ request: Request) {
    guard admits(request) else { return }
    if requests.isEmpty, let connection = leastLoaded() {
      if connection.load > 0, connectors.isEmpty { openIfRoom() }
      dispatch(request, on: connection)
      return
    }
    request.cancelled = { [unowned self, unowned request] in
      _ = requests.removeAll { $0 === request }
    }
    requests.append(request)
    awaitPlace(request)
  }

  /// A connection that is the caller's own until ``release(_:)``.
  func reserve() async throws(PostgresError) -> Connection {
    let reservation = Reservation()
    if admits(reservation) {
      reservation.cancelled = { [unowned self, unowned reservation] in
        _ = reservations.removeAll { $0 === reservation }
        advance()
      }
      reservations.append(reservation)
      awaitPlace(reservation)
      advance()
    }
    await reservation.wait()
    guard let connection = reservation.connection else {
      throw reservation.failure ?? .unavailable(retryAfter: retryDelay)
    }
    if Task.isCancelled {
      release(connection)
      throw .cancelled
    }
    return connection
  }

  func release(_ connection: Connection) {
    connection.lastUse = .now
    if connection.use == .exclusive { connection.use = .shared }
    advanced(connection)
  }

  /// Puts a request that had no effect in front of all others.
  func retry(_ request: Request) {
    request.deadline = .now + settings.patience
    requests.prepend(request)
    expiry.schedule(at: request.deadline)
  }

  private func admits(_ waiter: Waiter) -> Bool {
    let now = Instant.now
    lastDemand = now
    waiter.deadline = now + settings.patience
    if isClosed || isKnownToBeDown(now) {
      waiter.finish(unavailable)
    } else if requests.count + reservations.count >= settings.waitingLimit {
      waiter.finish(.overloaded)
    }
    return !waiter.isFinished
  }

  private func awaitPlace(_ waiter: Waiter) {
    if !expiry.isScheduled { expiry.schedule(at: waiter.deadline) }
    openIfWanted()
  }

  private func dispatch(_ request: Request, on connection: Connection) {
    guard !connection.send(request) else { return }
    guard request.attempts < 3 else { return request.finish(unavailable) }
    request.rewind()
    retry(request)
    openIfWanted()
  }

  /// The connection that has the least to do and isn't held up by what it does.
  private func leastLoaded() -> Connection? {
    var best: Connection?
    for connection in connections where connection.use == .shared {
      let load = connection.load
      if load == 0 { return connection }
      guard load < settings.pipelineDepth, load < best?.load ?? .max else { continue }
      best = connection
    }
    guard let best, best.isStalled(.now) else { return best }
    let now = Instant.now
    return connections.first {
      $0.use == .shared && $0.load < settings.pipelineDepth && !$0.isStalled(now)
    }
  }

  // MARK: - What connections report

  /// Some of its requests have ended.
  func advanced(_ connection: Connection) {
    if connection.use == .retired, connection.load == 0 { connection.close() }
    if !requests.isEmpty || !reservations.isEmpty { advance() }
  }

  func closed(_ connection: Connection, lost: [Request]) {
    connections.removeAll { $0 === connection }
    for request in lost.reversed() where !request.isFinished {
      if request.origin?.isReadOnly == true, request.mayRetry, !isClosed {
        request.rewind()
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

  /// Gives places that have become free to those who wait.
  private func advance() {
    guard !isAdvancing, !isClosed else { return }
    isAdvancing = true
    defer { isAdvancing = false }
    grantReservations()
    while let request = requests.first, let connection = leastLoaded() {
      _ = requests.popFirst()
      if !request.isFinished {
        request.cancelled = nil
        dispatch(request, on: connection)
      }
    }
    openIfWanted()
  }

  /// Shared work always keeps a connection, unless there is but one.
  private func grantReservations() {
    let limit = max(1, settings.connections - 1)
    var free = limit - connections.count { $0.use == .exclusive }
    while free > 0, !reservations.isEmpty {
      guard let connection = connections.first(where: { $0.load == 0 && $0.use.canBeGranted })
      else { break }
      guard let reservation = reservations.popFirst() else { break }
      connection.use = .exclusive
      reservation.connection = connection
      reservation.finish()
      free -= 1
    }
    // Those that still wait are given the next connections that have no more work.
    var wanted = min(free, reservations.count)
    if connections.count + connectors.count < settings.connections { wanted = 0 }
    for connection in connections where connection.use == .reserved || connection.use == .shared {
      connection.use = wanted > 0 ? .reserved : .shared
      wanted -= 1
    }
  }

  // MARK: - Opening and closing

  private func openIfWanted() {
    if requests.count + reservations.count > connectors.count { openIfRoom() }
  }

  /// Opens one more connection if there may be one more.
  private func openIfRoom() {
    guard !isClosed, !reopening.isScheduled,
      connections.count + connectors.count < settings.connections
    else { return }
    open()
  }

  private func open() {
    guard !isClosed, let connector = try? Connector(settings) else { return }
    connectors.append(connector)
    Loop.task { [self] in
      do {
        let connection = try Connection(try await connector.connect(), of: self)
        connectors.removeAll { $0 === connector }
        opened(connection)
      } catch {
        connectors.removeAll { $0 === connector }
        failedToOpen((error as? Connector.Failure)?.reason ?? "the connection was not taken")
      }
    }
  }

  private func opened(_ connection: Connection) {
    guard !isClosed else { return connection.close() }
    downSince = nil
    backoff.reset()
    connections.append(connection)
    if !sweep.isScheduled { sweep.schedule(after: settings.idleTimeout) }
    advance()
  }

  private func failedToOpen(_ reason: String) {
    guard !isClosed else { return }
    observer?.disconnected(reason)
    let now = Instant.now
    let isWanted =
      !requests.isEmpty || !reservations.isEmpty || now - lastDemand < .seconds(30)
    guard connections.isEmpty ? isWanted : !requests.isEmpty else {
      downSince = nil
      return
    }
    if connections.isEmpty, downSince == nil { downSince = now }
    if !reopening.isScheduled { reopening.schedule(after: backoff.next()) }
  }

  private func isKnownToBeDown(_ now: Instant) -> Bool {
    guard connections.isEmpty, let downSince else { return false }
    return now - downSince > settings.patience
  }

  private var unavailable: PostgresError { .unavailable(retryAfter: retryDelay) }

  private var retryDelay: Duration { .seconds(1) }

  private func expire() {
    let now = Instant.now
    let error = connections.isEmpty ? unavailable : .overloaded
    for request in requests.removeAll(where: { $0.deadline <= now }) { request.finish(error) }
    for reservation in reservations.removeAll(where: { $0.deadline <= now }) {
      reservation.finish(error)
    }
    let next = requests.map(\.deadline) + reservations.map(\.deadline)
    if let next = next.min() { expiry.schedule(at: next) }
    advance()
  }

  private func closeIdle() {
    let now = Instant.now
    for connection in connections
    where connection.use == .shared && connection.load == 0
      && now - connection.lastUse >= settings.idleTimeout
    {
      connection.close()
    }
    let next = connections.map { $0.lastUse + settings.idleTimeout }.min()
    if let next { sweep.schedule(at: max(next, now + .milliseconds(10))) }
  }
}

extension Connection.Use {
  fileprivate var canBeGranted: Bool { self == .shared || self == .reserved }
}
