import Loop

/// Looks for a service that went away, until it is found.
@Loop
protocol Revival: AnyObject {
  /// Called each time that the service, or one of its addresses, stopped accepting.
  func begin(_ upstream: Upstream)
}

/// For services whose supervisor says where they are: asks there until somebody accepts again, or
/// the supervisor knows that nobody will.
@Loop
final class TargetWatch: Revival {
  private var isAsking = false

  func begin(_ upstream: Upstream) {
    guard !isAsking, !upstream.addresses.isEmpty else { return }
    isAsking = true
    Loop.task { [self] in
      var pauses = Pauses()
      while upstream.availability != .ready, let address = upstream.addresses.first {
        if await isAlive(address) {
          upstream.resume()
        } else {
          await pauses.next()
        }
      }
      isAsking = false
    }
  }
}

extension Revival {
  /// Whatever it answers, somebody is there.
  func isAlive(_ address: SocketAddress) async -> Bool {
    await Probe.get("/health/live", from: address, within: .seconds(1)) != nil
  }
}

/// Pauses between attempts: they grow, and differ a little from one process to the next.
struct Pauses {
  private static let longest = Duration.seconds(1)
  private var length = Duration.milliseconds(50)

  mutating func next() async {
    try? await Loop.sleep(for: length * Double.random(in: 0.8...1.2))
    length = min(length * 2, Self.longest)
  }
}
