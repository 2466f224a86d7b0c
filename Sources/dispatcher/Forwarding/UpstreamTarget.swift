import Loop

/// One address that a service is reached at, and what is under way there.
@Loop
final class UpstreamTarget {
  let address: SocketAddress
  private(set) var inFlight = 0
  /// New requests go elsewhere; connections are not kept.
  private(set) var isRetired = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ address: SocketAddress) {
    self.address = address
  }

  func retire() {
    isRetired = true
  }

  func begin() {
    inFlight += 1
  }

  func end() {
    inFlight -= 1
    if inFlight == 0 { wake() }
  }

  /// Waits until nothing is under way, for `limit` at most.
  func isDrained(within limit: Duration) async {
    guard inFlight > 0 else { return }
    let timer = LoopTimer { [self] in wake() }
    timer.schedule(after: limit)
    await withCheckedContinuation { waiting.append($0) }
    timer.cancel()
  }

  private func wake() {
    let waiting = waiting
    self.waiting = []
    for continuation in waiting { continuation.resume() }
  }
}
