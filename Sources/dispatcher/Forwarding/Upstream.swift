import HTTP
import Loop
import Telemetry

/// A service as requests see it: its places, its connections, and whether it can be reached.
///
/// Requests wait for the moment that a restart takes; a service that stays away longer fails fast
/// until it is back.
@Loop
final class Upstream {
  struct Limits: Sendable {
    /// Requests under way at a time.
    var concurrency = 64
    /// Requests that wait for one of those to end.
    var queue = 128
    /// How long they may wait, for a place or for a service that is away.
    var queueTime = Duration.seconds(1)
    /// Connections are closed after so long without a request, before the service does so.
    var idleTime = Duration.seconds(30)
    var response = HTTP.Limits()
  }

  enum Availability: String {
    case ready
    /// Away for a moment: requests wait.
    case away
    /// Away for longer: requests are refused at once.
    case down
  }

  let name: String
  let limits: Limits
  let metrics: UpstreamMetrics
  private(set) var availability = Availability.away
  /// For requests that are there as a whole, and for those whose body is still to come.
  private(set) lazy var quick = Places(of: self, limits: limits)
  private(set) lazy var uploads = Places(of: self, limits: limits)
  private var targets: [UpstreamTarget] = []
  private var nextTarget = 0
  private var idle: [UpstreamConnection] = []
  private var slow: [ForwardExchange] = []
  /// Finds the service again while it is away.
  private let revival: any Revival
  // A service that was removed may be gone before they fire.
  private lazy var idleTimer = LoopTimer { [weak self] in self?.closeIdle() }
  private lazy var patience = LoopTimer { [weak self] in self?.noteDown() }

  init(name: String, limits: Limits, revival: any Revival = TargetWatch()) {
    self.name = name
    self.limits = limits
    self.revival = revival
    metrics = UpstreamMetrics(name)
    patience.schedule(after: limits.queueTime)
  }

  var active: Int { quick.taken + uploads.taken }
  var waitingCount: Int { quick.waitingCount + uploads.waitingCount }
  var addresses: [SocketAddress] { targets.map(\.address) }

  // MARK: - Availability

  /// Sends requests to `targets` from now on. Those under way elsewhere finish there.
  func serve(from targets: [UpstreamTarget]) {
    for target in self.targets { target.retire() }
    self.targets = targets
    nextTarget = 0
    let outdated = idle
    idle = []
    for connection in outdated { connection.close() }
    noteReady()
  }

  /// Sends requests to the same targets again, which could not be reached for a moment.
  func resume() {
    guard availability != .ready, !targets.isEmpty else { return }
    noteReady()
  }

  /// Notes that nobody serves at the moment: requests wait until somebody does, but not for long.
  func suspend() {
    guard availability == .ready else { return }
    for target in targets { target.retire() }
    targets = []
    noteAway()
  }

  /// Refuses requests at once until somebody serves again.
  func noteDown() {
    guard availability != .down else { return }
    availability = .down
    patience.cancel()
    Log.error("upstream is down") { $0.add("upstream", name) }
    quick.refuseWaiting()
    uploads.refuseWaiting()
  }

  private func noteReady() {
    if availability != .ready { Log.info("upstream is ready") { $0.add("upstream", name) } }
    availability = .ready
    patience.cancel()
    quick.admitWaiting()
    uploads.admitWaiting()
  }

  private func noteAway() {
    guard availability == .ready else { return }
    availability = .away
    Log.warning("upstream is away") { $0.add("upstream", name) }
    patience.schedule(after: limits.queueTime)
    revival.begin(self)
  }

  // MARK: - Requests

  /// Forgets a request that waits.
  func leave(_ exchange: ForwardExchange) {
    quick.leave(exchange)
    uploads.leave(exchange)
  }

  /// Counts a request whose client is slow to take the answer. There are not to be more of them than
  /// places: the one that has been slow for longest is cut off.
  func noteSlow(_ exchange: ForwardExchange) {
    slow.append(exchange)
    if slow.count > limits.concurrency { slow.removeFirst().connection?.close() }
  }

  func forgetSlow(_ exchange: ForwardExchange) {
    slow.removeAll { $0 === exchange }
  }

  // MARK: - Connections

  /// A connection for one request.
  ///
  /// - Parameter isFresh: whether it must not have been used before.
  /// - Returns: nil when no target can be reached; the service counts as away then.
  func connection(isFresh: Bool) -> UpstreamConnection? {
    if !isFresh, let connection = idle.popLast() { return connection }
    for _ in 0..<targets.count {
      nextTarget = nextTarget + 1 < targets.count ? nextTarget + 1 : 0
      do {
        return try UpstreamConnection(
          to: targets[nextTarget],
          of: self,
          limits: limits.response
        )
      } catch {
        Log.debug("could not connect") {
          $0.add("upstream", name)
          $0.add("error", error: error)
        }
      }
    }
    noteAway()
    return nil
  }

  /// Takes back a connection after an answer.
  func takeBack(_ connection: UpstreamConnection, at now: Instant) {
    guard connection.isIdle else { return }
    guard !connection.target.isRetired, idle.count < limits.concurrency else {
      return connection.close()
    }
    connection.noteIdle(since: now)
    idle.append(connection)
    if !idleTimer.isScheduled { idleTimer.schedule(after: limits.idleTime) }
  }

  /// Called by a connection that has closed.
  func forget(_ connection: UpstreamConnection) {
    if let index = idle.lastIndex(where: { $0 === connection }) { idle.remove(at: index) }
  }

  /// A target did not accept: with others left they are tried first.
  func noteUnreachable(_ target: UpstreamTarget) {
    guard targets.contains(where: { $0 === target }) else { return }
    if targets.count > 1 {
      targets.removeAll { $0 === target }
      revival.begin(self)
    } else {
      noteAway()
    }
  }

  private func closeIdle() {
    let now = Instant.now
    let limit = limits.idleTime
    // The longest idle come first, since the last that came back is the first to go again.
    let expired = idle.prefix { now - $0.idleSince >= limit }
    for connection in Array(expired) { connection.close() }
    if let first = idle.first {
      idleTimer.schedule(after: max(.milliseconds(100), limit - (now - first.idleSince)))
    }
  }
}
