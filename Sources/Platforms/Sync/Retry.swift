package import Loop

/// Does again what a platform could not do just now, as often and as soon as its caller can wait.
@Loop
package struct Retry {
  private static let attempts = 3
  private static let patience: Duration = .seconds(10)

  private let pause: @Loop (Duration) async throws -> Void

  /// - Parameter pause: waits.
  package init(pause: @escaping @Loop (Duration) async throws -> Void = Loop.sleep(for:)) {
    self.pause = pause
  }

  /// - Throws: what the last attempt threw.
  func callAsFunction<Value: Sendable>(
    _ work: @Loop () async throws -> Value
  ) async throws -> Value {
    var delay: Duration = .milliseconds(500)
    for _ in 1..<Self.attempts {
      do {
        return try await work()
      } catch let failure as PlatformFailure {
        guard case .retry(let after) = failure.kind, failure.mayBeOver else { throw failure }
        let wait = after ?? delay
        guard wait <= Self.patience else { throw failure }
        try await pause(wait)
        delay *= 2
      }
    }
    return try await work()
  }
}

extension PlatformFailure {
  /// An answer that is too large or makes no sense will not be another one so soon.
  fileprivate var mayBeOver: Bool { code != "unreadable" && code != "tooLarge" }
}
