import Loop

/// How many requests of a kind may be under way at one service, and a short queue of those that
/// wait: so a slow service, or slow clients, hold up nobody but their own kind.
@Loop
final class Places {
  private unowned let upstream: Upstream
  private let limit: Int
  private let queueLimit: Int
  private(set) var taken = 0
  private var waiting: [ForwardExchange] = []

  init(of upstream: Upstream, limits: Upstream.Limits) {
    self.upstream = upstream
    limit = limits.concurrency
    queueLimit = limits.queue
  }

  var waitingCount: Int { waiting.count }

  /// Gives the request a place now (``ForwardExchange/proceed(in:)``), later, or refuses it.
  func admit(_ exchange: ForwardExchange) {
    guard upstream.availability != .down else { return exchange.refused(.unavailable) }
    guard upstream.availability == .away || taken >= limit || !waiting.isEmpty else {
      taken += 1
      return exchange.proceed(in: self)
    }
    guard waiting.count < queueLimit else { return exchange.refused(.busy) }
    waiting.append(exchange)
    exchange.wait(for: upstream.limits.queueTime)
  }

  /// Forgets a request that waits.
  func leave(_ exchange: ForwardExchange) {
    waiting.removeAll { $0 === exchange }
  }

  /// Takes a place back.
  func release() {
    taken -= 1
    admitWaiting()
  }

  func admitWaiting() {
    while upstream.availability == .ready, taken < limit, !waiting.isEmpty {
      taken += 1
      waiting.removeFirst().proceed(in: self)
    }
  }

  /// Refuses all that wait.
  func refuseWaiting() {
    let refused = waiting
    waiting = []
    for exchange in refused { exchange.refused(.unavailable) }
  }
}
