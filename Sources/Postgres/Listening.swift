import CPostgres
package import Loop

/// Hears `NOTIFY` on channels, over a connection of its own that comes back by itself.
///
/// What is notified while it is away is missed: after each ``Event/connected`` the subscriber looks
/// for what there is to do. Its connection string must lead to the server itself: behind a pooler in
/// transaction mode nothing is heard. It lives until ``stop()``.
@Loop
package final class Listening: EventSource {
  package enum Event: Equatable, Sendable {
    /// It hears from now on: at first, and again after a connection was lost.
    case connected
    case notification(channel: String, payload: String)
  }

  private let connector: Connector
  private let channels: [String]
  private let probeInterval: Duration
  private let answerTime: Duration
  private let deliver: @Loop (Event) -> Void
  private var handle: ConnectionHandle?
  private var descriptor: Int32 = -1
  private var backoff = Backoff()
  private var isStopped = false
  private var isListening = false
  private var awaitsAnswer = false
  private lazy var reconnecting = LoopTimer { [unowned self] in connect() }
  private lazy var probing = LoopTimer { [unowned self] in probe() }

  /// - Parameters:
  ///   - probeInterval: how long it may be silent before it asks whether the server is there.
  ///   - deliver: gets the events, in order.
  /// - Throws: ``PostgresError/malformed(_:)`` for a connection string that can't be read.
  package init(
    _ settings: Database.Settings,
    channels: [String],
    probeInterval: Duration = .seconds(20),
    deliver: @escaping @Loop (Event) -> Void
  ) throws(PostgresError) {
    connector = try Connector(settings)
    self.channels = channels
    self.probeInterval = probeInterval
    answerTime = settings.connectTimeout
    self.deliver = deliver
    connect()
  }

  /// The events as a stream, which ends when its reader does.
  package static func events(
    _ settings: Database.Settings,
    channels: [String]
  ) throws(PostgresError) -> AsyncStream<Event> {
    let (stream, continuation) = AsyncStream.makeStream(of: Event.self)
    let listening = try Listening(settings, channels: channels) { continuation.yield($0) }
    continuation.onTermination = { _ in Loop.task { listening.stop() } }
    return stream
  }

  package func stop() {
    isStopped = true
    connector.cancel()
    reconnecting.cancel()
    disconnect()
  }

  package func ready(_ readiness: Readiness) {
    guard let pointer = handle?.pointer else { return }
    if readiness.contains(.writable) { flush(pointer) }
    let isAlive = PQconsumeInput(pointer) == 1
    while handle != nil, PQisBusy(pointer) == 0, let result = PQgetResult(pointer) {
      let isFailure = PQresultStatus(result) == PGRES_FATAL_ERROR
      PQclear(result)
      if isFailure { return lost() }
    }
    if handle != nil, PQisBusy(pointer) == 0 { answered() }
    while handle != nil, let notification = PQnotifies(pointer) {
      let channel = String(cString: notification.pointee.relname)
      let payload = String(cString: notification.pointee.extra)
      PQfreemem(notification)
      deliver(.notification(channel: channel, payload: payload))
    }
    if handle != nil, !isAlive { lost() }
  }

  // MARK: - The connection

  private func connect() {
    Loop.task { [self] in
      do throws(Connector.Failure) {
        connected(try await connector.connect())
      } catch {
        retry()
      }
    }
  }

  private func connected(_ handle: ConnectionHandle) {
    guard !isStopped else { return }
    self.handle = handle
    descriptor = PQsocket(handle.pointer)
    do throws(SystemError) {
      try Loop.watch(descriptor, for: .readable, source: self)
    } catch {
      self.handle = nil
      return retry()
    }
    let statements = channels.map { "listen \(identifier: $0)" as SQL }.joined(separator: "; ")
    ask(statements)
  }

  private func lost() {
    disconnect()
    retry()
  }

  private func disconnect() {
    guard let handle else { return }
    self.handle = nil
    isListening = false
    awaitsAnswer = false
    probing.cancel()
    Loop.unwatch(descriptor)
    withExtendedLifetime(handle) {}
  }

  private func retry() {
    guard !isStopped else { return }
    reconnecting.schedule(after: backoff.next())
  }

  // MARK: - Questions

  private func ask(_ statement: SQL) {
    guard let pointer = handle?.pointer,
      statement.withCString({ PQsendQuery(pointer, $0) }) == 1
    else { return lost() }
    awaitsAnswer = true
    probing.schedule(after: answerTime)
    flush(pointer)
  }

  private func answered() {
    guard awaitsAnswer else { return }
    awaitsAnswer = false
    probing.schedule(after: probeInterval)
    guard !isListening else { return }
    isListening = true
    backoff.reset()
    deliver(.connected)
  }

  /// A connection that was cut without a word looks idle for ever.
  private func probe() {
    if awaitsAnswer { lost() } else { ask("select 1") }
  }

  private func flush(_ pointer: OpaquePointer) {
    let left = PQflush(pointer)
    guard left >= 0 else { return lost() }
    Loop.update(descriptor, for: left == 1 ? [.readable, .writable] : .readable)
  }
}
