import CPostgres
import Loop

/// A connection in pipeline mode: requests go out as they come, and their results come back in
/// order. Each request is a Sync of its own, and so a transaction of its own.
@Loop
final class Connection: EventSource {
  enum Use {
    /// Takes requests of everybody.
    case shared
    /// Takes no more requests, and will be somebody's own when the last has ended.
    case reserved
    case exclusive
    /// Takes no more requests, and is closed when the last has ended.
    case retired
  }

  var use = Use.shared
  var lastUse = Instant.now
  var handle: ConnectionHandle?
  var inFlight = FIFO<Request>()
  var prepared: PreparedStatements
  let database: Database
  private let descriptor: Int32
  private var awaitsWritable = false
  var arrays = ParameterArrays()
  /// What deallocates statements, once the request that is being written is complete.
  var garbage: [SQL] = []
  var isInOutbox = false
  /// Since when the first request in flight is the first.
  var headSince = Instant(nanoseconds: 0)
  private var watchdogTime = Instant(nanoseconds: 0)
  private lazy var watchdog = LoopTimer { [unowned self] in watch() }

  /// - Parameter handle: connected and non-blocking.
  init(_ handle: ConnectionHandle, of database: Database) throws(SystemError) {
    self.handle = handle
    self.database = database
    descriptor = PQsocket(handle.pointer)
    PQenterPipelineMode(handle.pointer)
    prepared = PreparedStatements(limit: database.settings.preparedLimit)
    try Loop.watch(descriptor, for: .readable, source: self)
  }

  var load: Int { inFlight.count }

  /// Whoever is put behind a request that takes long would wait for it.
  func isStalled(_ now: Instant) -> Bool {
    load > 0 && now - headSince > .milliseconds(20)
  }

  /// - Parameter reason: nil when it is closed on purpose.
  func close(_ reason: String? = nil) {
    guard let handle else { return }
    self.handle = nil
    watchdog.cancel()
    Loop.unwatch(descriptor)
    withExtendedLifetime(handle) {}
    let lost = inFlight.removeAll()
    database.closed(self, lost: lost, reason)
  }

  /// Has the server stop what it is at, and gives the connection up.
  func abort() async {
    if let cancel = handle?.canceller() { try? await Connector.workers.run(cancel) }
    close()
  }

  // MARK: - Events

  func ready(_ readiness: Readiness) {
    guard let handle else { return }
    if readiness.contains(.writable) { flush() }
    let isAlive = PQconsumeInput(handle.pointer) == 1
    readResults(handle.pointer)
    if isAlive { database.advanced(self) } else { close(handle.message) }
  }

  /// Hands what is buffered to the kernel; the rest when the socket is writable again.
  func flush() {
    isInOutbox = false
    guard let handle else { return }
    let left = PQflush(handle.pointer)
    guard left >= 0 else { return close(handle.message) }
    guard awaitsWritable != (left == 1) else { return }
    awaitsWritable = left == 1
    Loop.update(descriptor, for: awaitsWritable ? [.readable, .writable] : .readable)
  }

  // MARK: - Time

  /// Has ``watch()`` look at the requests in flight not later than at `instant`.
  func watch(at instant: Instant) {
    guard !watchdog.isScheduled || instant < watchdogTime else { return }
    watchdogTime = instant
    watchdog.schedule(at: instant)
  }

  /// A connection whose answer doesn't come is given up; a caller whose request is stuck behind
  /// others is let go.
  private func watch() {
    guard let head = inFlight.first else { return }
    let now = Instant.now
    var next = headSince + head.limit
    if next <= now {
      head.finish(.timeout)
      return close("the server did not answer in time")
    }
    for request in inFlight where !request.isFinished {
      let deadline = request.sent + request.limit + database.settings.patience
      if deadline <= now { request.finish(.timeout) } else { next = min(next, deadline) }
    }
    watch(at: next)
  }
}

/// Flushes each connection that was written to once a turn.
@Loop
final class Outbox {
  static let shared = Outbox()

  private var connections: [Connection] = []

  private init() {
    Loop.atEndOfTurn { [unowned self] in flush() }
  }

  func add(_ connection: Connection) {
    connections.append(connection)
  }

  private func flush() {
    guard !connections.isEmpty else { return }
    let written = connections
    connections.removeAll(keepingCapacity: true)
    for connection in written { connection.flush() }
  }
}
