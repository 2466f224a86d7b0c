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
  var request = ForwardedRequest()
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
  private var bodyFraming = Framing.none
  private var bodyBytes = 0
  private var isBodyComplete = false
  /// The head waits for the first piece of the body, to leave with it.
  private var isCorked = false
  /// What a connection that failed did not send of this request; what it is begun with otherwise is
  /// its head.
  private var unsent = SendQueue()
  private var attempts = 0
  var holdsPlace = false
  private(set) lazy var timer = LoopTimer { [unowned self] in timeOut() }
  private var deadline = Instant(nanoseconds: 0)

  init(_ forwarder: Forwarder) {
    self.forwarder = forwarder
  }

  var method: Method { request.method }
  var mayUpgrade: Bool { request.upgrades && isBodyComplete && phase == .asked }
  var isRequestComplete: Bool { isBodyComplete && !isCorked }

  // MARK: - Finding a place and a connection

  func start(_ connection: ServerConnection, at now: Instant) {
    self.connection = connection
    started = now
    phase = .local
  }

  /// Sends the request on its way to `upstream`.
  func forward(to upstream: Upstream, _ framing: Framing) {
    self.upstream = upstream
    bodyFraming = framing
    phase = .queued
    deadline = started + forwarder.limits.total
    timer.schedule(at: deadline)
    upstream.admit(self)
  }

  /// Waits for a place; its body stays with the client.
  func wait(for limit: Duration) {
    phase = .queued
    if bodyFraming != .none { connection?.pauseBody() }
    timer.schedule(at: min(deadline, .now + limit))
  }

  /// The upstream has given it a place.
  func proceed() {
    phase = .asked
    holdsPlace = true
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
    if !unsent.isEmpty {
      let unsent = unsent
      self.unsent = SendQueue()
      unsent.withBytes { send($0) }
    } else if bodyFraming == .none || isBodyComplete || request.expectsContinue {
      request.bytes.withUnsafeBytes { send($0) }
    } else {
      isCorked = true
      forwarder.cork(self)
    }
  }

  /// Nobody accepts: gives the place back and waits until somebody does.
  private func waitAgain() {
    attempts += 1
    guard attempts <= Self.attemptLimit, let upstream else { return refused(.unavailable) }
    releasePlace()
    upstream.admit(self)
  }

  // MARK: - The request's body

  func body(_ bytes: UnsafeRawBufferPointer) {
    bodyBytes += bytes.count
    if phase == .tunnel { return sendThroughTunnel(bytes) }
    guard phase == .asked || phase == .answering else { return }
    if bodyBytes > forwarder.limits.body { return tooLarge() }
    if bodyFraming == .chunked {
      var chunk = forwarder.takeChunkBuffer()
      chunk.append(chunk: bytes)
      chunk.withUnsafeBytes { sendPart($0) }
      forwarder.giveBack(chunkBuffer: chunk)
    } else {
      sendPart(bytes)
    }
    if link?.isCongested == true { connection?.pauseBody() }
  }

  func bodyEnded() {
    if phase == .tunnel {
      link?.endSending()
      return
    }
    isBodyComplete = true
    guard phase == .asked || phase == .answering else { return }
    if bodyFraming == .chunked {
      withUnsafeBytes(of: lastChunk) { sendPart($0) }
    } else {
      uncork()
    }
  }

  /// Sends the head if it still waits for a body that takes its time.
  func uncork() {
    guard isCorked else { return }
    isCorked = false
    request.bytes.withUnsafeBytes { send($0) }
  }

  private func sendPart(_ bytes: UnsafeRawBufferPointer) {
    guard isCorked else { return send(bytes) }
    isCorked = false
    request.bytes.withUnsafeBytes { head in
      guard let link, !link.send(head, bytes) else { return }
      noteUnsent(head)
      noteUnsent(bytes)
      linkBroke()
    }
  }

  private func send(_ bytes: UnsafeRawBufferPointer) {
    guard let link, !link.send(bytes) else { return }
    noteUnsent(bytes)
    linkBroke()
  }

  private func noteUnsent(_ bytes: UnsafeRawBufferPointer) {
    unsent.append(bytes)
  }

  private func linkBroke() {
    guard let link else { return }
    let unsent = unsent
    self.unsent = SendQueue()
    link.close()
    failed(.broken, sent: link.sent, unsent: unsent)
  }

  private func tooLarge() {
    dropLink()
    guard phase == .asked else {
      connection?.close()
      return
    }
    forwarder.fail(self, .tooLarge)
  }

  /// The service takes more again.
  func serviceCaughtUp() {
    connection?.resumeBody()
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
    case .idle, .local, .queued, .over: break
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
    case .asked:
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
    releasePlace()
    timer.cancel()
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

  func releasePlace() {
    guard holdsPlace else { return }
    holdsPlace = false
    upstream?.release()
  }

  /// Makes it ready for another request.
  func reset() {
    timer.cancel()
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
    isCorked = false
    unsent = SendQueue()
    attempts = 0
  }

  // MARK: - The tunnel

  func touchTunnel() {
    timer.schedule(after: Self.tunnelIdleLimit)
  }

  private func sendThroughTunnel(_ bytes: UnsafeRawBufferPointer) {
    touchTunnel()
    send(bytes)
    if link?.isCongested == true { connection?.pauseBody() }
  }
}

private let lastChunk: InlineArray<5, UInt8> = [0x30, 0x0D, 0x0A, 0x0D, 0x0A]

extension [UInt8] {
  /// Appends a chunk of a chunked body (RFC 9112 §7.1).
  mutating func append(chunk bytes: UnsafeRawBufferPointer) {
    var shift = (Int.bitWidth - bytes.count.leadingZeroBitCount - 1) / 4 * 4
    while shift >= 0 {
      let digit = UInt8(truncatingIfNeeded: bytes.count >> shift & 0xF)
      append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      shift -= 4
    }
    append(text: "\r\n")
    append(contentsOf: bytes)
    append(text: "\r\n")
  }
}
