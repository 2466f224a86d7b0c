import Glibc
import Loop

/// One process that the dispatcher started, until it has ended.
@Loop
final class Child {
  let service: String
  let process: pid_t
  /// Rises with each start of the service, so that an old and a new process can live side by side.
  let generation: Int
  /// What was started.
  let program: Program
  let target: UpstreamTarget
  let metricsAddress: SocketAddress
  let started = Instant.now
  private(set) var end: ProcessEnd?
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(
    service: String,
    program: Program,
    process: pid_t,
    generation: Int,
    address: SocketAddress,
    metricsAddress: SocketAddress
  ) {
    self.service = service
    self.program = program
    self.process = process
    self.generation = generation
    target = UpstreamTarget(address)
    self.metricsAddress = metricsAddress
  }

  var address: SocketAddress { target.address }
  var uptime: Duration { .now - started }

  func noteEnd(_ end: ProcessEnd) {
    self.end = end
    removeSockets()
    let waiting = waiting
    self.waiting = []
    for continuation in waiting { continuation.resume() }
  }

  /// Waits until the process has ended.
  func hasEnded() async {
    guard end == nil else { return }
    await withCheckedContinuation { waiting.append($0) }
  }

  func signal(_ signal: Int32) {
    // Until it is reaped its id belongs to nobody else.
    if end == nil { kill(process, signal) }
  }

  /// Asks it to end, and kills it when it has not done so within `grace`.
  func stop(within grace: Duration) async {
    signal(SIGTERM)
    let deadline = LoopTimer { [self] in signal(SIGKILL) }
    deadline.schedule(after: grace)
    await hasEnded()
    deadline.cancel()
  }

  /// Waits until it answers `/health/live`.
  ///
  /// - Returns: false when it ended before, or had not answered within `limit`.
  func isReady(within limit: Duration) async -> Bool {
    let deadline = Instant.now + limit
    var pause = Duration.milliseconds(2)
    while end == nil, .now < deadline {
      if await Probe.get("/health/live", from: address, within: .seconds(1))?.status == 200 {
        return end == nil
      }
      try? await Loop.sleep(for: pause)
      pause = min(pause * 2, .milliseconds(50))
    }
    return false
  }

  /// A process that was killed leaves its socket files behind.
  private func removeSockets() {
    for address in [address, metricsAddress] {
      if case .unix(let path) = address.kind { unlink(path) }
    }
  }
}
