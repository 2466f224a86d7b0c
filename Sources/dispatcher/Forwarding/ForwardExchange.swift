import HTTP
import Loop
import Telemetry

/// One request on its way through: from its head until the last byte of its answer has been handed
/// to the client's connection. Used again for other requests.
@Loop
final class ForwardExchange: Exchange {
  enum Phase {
    /// In no use.
    case idle
    /// The dispatcher answers by itself, soon.
    case local
    /// A short body arrives before the service is troubled.
    case gathering
    /// Waits for a place.
    case queued
    /// On its way to the service; no answer yet.
    case asked
    case answering
    case tunnel
    /// The client is gone.
    case over
  }

  private static let attemptLimit = 3
  private static let tunnelIdleLimit = Duration.seconds(300)

  unowned let forwarder: Forwarder
  let request = ForwardedRequest()
  var phase = Phase.idle
  var connection: ServerConnection?
  var upstream: Upstream?
  var link: UpstreamConnection?
  var started = Instant(nanoseconds: 0)
  /// When the request was handed to the service, and when the answer's head was there.
  var askedAt = Instant(nanoseconds: 0)
  var answeredAt: Instant?
  var status = 0
  var bytesOut = 0
  var framing = AnswerFraming.asLong(nil)
  var keepsAlive = false
  /// What of the answer has not been handed to the client's connection.
  var answer: ByteBuffer?
  var bodyFraming = Framing.none
  var bodyBytes = 0
  var isBodyComplete = false
  /// What of the body has not been handed to the service's connection.
  var pending: ByteBuffer?
  /// Whether the last chunk has been handed to it.
  var isEndSent = false
  /// ``pending`` is sent at the end of the turn.
  var isFlushDue = false
  /// What a connection that failed did not send of this request.
  var unsent = SendQueue()
  private var attempts = 0
  private var place: Places?
  private var isSlow = false
  private(set) lazy var timer = LoopTimer { [unowned self] in timeOut() }
  private var deadline = Instant(nanoseconds: 0)

  init(_ forwarder: Forwarder) {
    self.forwarder = forwarder
  }

  var method: Method { request.method }
  var mayUpgrade: Bool { request.upgrades && phase == .asked }

  // MARK: - Finding a place and a connection

  func start(_ connection: ServerConnection, at now: Instant) {
    self.connection = connection
    started = now
    phase = .local
  }

  /// Sends the request on its way to `upstream`, a short body with it: a client that dawdles over
  /// one takes no place from others.
  func forward(to upstream: Upstream, _ framing: Framing) {
    self.upstream = upstream
    bodyFraming = framing
    deadline = Instant(nanoseconds: started.nanoseconds + forwarder.timeLimit)
    if framing == .none {
      upstream.quick.admit(self)
    } else if request.expectsContinue {
      upstream.uploads.admit(self)
    } else {
      phase = .gathering
      timer.schedule(at: deadline)
    }
  }

  /// Waits for a place; what is missing of its body stays with the client.
  func wait(for limit: Duration) {
    phase = .queued
    if !isBodyComplete, bodyFraming != .none { connection?.pauseBody() }
    timer.schedule(at: min(deadline, .now + limit))
  }

  /// Takes the place that it has been given.
  func proceed(in place: Places) {
    self.place = place
    phase = .asked
    timer.schedule(at: deadline)
    connect()
    if phase == .asked { connection?.resumeBody() }
  }

  private func connect() {
    guard let upstream else { return }
    guard let link = upstream.connection(isFresh: attempts > 0) else { return waitAgain() }
    self.link = link
    link.target.begin()
    link.begin(self)
    askedAt = .now
    sendRequest()
  }

  /// Nobody accepts: gives the place back and waits until somebody does.
  private func waitAgain() {
    attempts += 1
    guard attempts <= Self.attemptLimit, let place else { return refused(.unavailable) }
    releasePlace()
    place.admit(self)
  }

  /// The client takes its time over the answer: that costs memory here, but no place at the service.
  func noteSlow() {
    guard place != nil, let upstream else { return }
    isSlow = true
    upstream.noteSlow(self)
    releasePlace()
  }

  // MARK: - Failures

  /// The connection to the service ended before the answer did.
  ///
  /// A request of which nothing was sent goes to another connection. One that was sent, but on a
  /// connection that had been idle and may have been closed at that moment, is sent once more when
  /// that cannot do harm (RFC 9112 §9.3.1).
  func failed(_ failure: UpstreamFailure, sent: Int, unsent: SendQueue) {
    guard let link else { return }
    let wasReused = link.isReused
    let target = link.target
    dropLink()
    switch phase {
    case .asked:
      let isHarmless = wasReused && attempts == 0 && method.isIdempotent && bodyFraming == .none
      let mayRetry = sent == 0 || (isHarmless && failure == .broken)
      guard mayRetry, attempts < Self.attemptLimit else {
        return forwarder.fail(self, sent == 0 ? .unavailable : .failed)
      }
      attempts += 1
      upstream?.metrics.retries.add()
      self.unsent = unsent
      if failure == .unreachable { upstream?.noteUnreachable(target) }
      if upstream?.availability == .ready { connect() } else { waitAgain() }
    case .answering: connection?.close()
    case .tunnel: tunnelEnded()
    case .idle, .local, .gathering, .queued, .over: break
    }
  }

  /// The upstream has no place for it.
  func refused(_ reason: LocalFailure) {
    forwarder.fail(self, reason)
  }

  private func timeOut() {
    switch phase {
    case .queued:
      upstream?.leave(self)
      forwarder.fail(self, .now < deadline ? .busy : .timedOut)
    case .gathering, .asked:
      dropLink()
      forwarder.fail(self, .timedOut)
    case .answering, .tunnel: connection?.close()
    case .idle, .local, .over: break
    }
  }

  // MARK: - Ends

  func drained() {
    link?.resume()
  }

  /// The client is gone: so is what the service does for it.
  func abandoned() {
    guard phase != .idle, phase != .over else { return }
    if phase == .queued { upstream?.leave(self) }
    dropLink()
    forwarder.noteAbandoned(self)
    phase = .over
    giveUp()
    connection = nil
    upstream = nil
  }

  /// Closes the connection to the service, which ends what it does for this request.
  func dropLink() {
    guard let link else { return }
    self.link = nil
    link.target.end()
    link.close()
  }

  /// Gives back the place and the memory that it holds.
  func giveUp() {
    timer.cancel()
    if let answer { forwarder.giveBack(answer) }
    if let pending { forwarder.giveBack(pending) }
    answer = nil
    pending = nil
    if isSlow { upstream?.forgetSlow(self) }
    isSlow = false
    releasePlace()
  }

  private func releasePlace() {
    guard let place else { return }
    self.place = nil
    place.release()
  }

  /// A tunnel may stay for days and is no work under way.
  func beginTunnel() {
    phase = .tunnel
    releasePlace()
    touchTunnel()
  }

  func touchTunnel() {
    timer.schedule(after: Self.tunnelIdleLimit)
  }

  /// Makes it ready for another request.
  func reset() {
    request.reset()
    phase = .idle
    connection = nil
    upstream = nil
    link = nil
    answeredAt = nil
    status = 0
    bytesOut = 0
    bodyFraming = .none
    bodyBytes = 0
    isBodyComplete = false
    isEndSent = false
    isFlushDue = false
    if !unsent.isEmpty { unsent = SendQueue() }
    attempts = 0
  }
}
