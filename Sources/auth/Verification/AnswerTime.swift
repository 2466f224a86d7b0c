import HTTP
import Loop

extension Auth {
  /// Has an answer take as long whether or not an address has an account: what is written to the
  /// database takes a few milliseconds, and whoever measures thousands of answers would see them.
  func atLeastAsLong(_ body: () async throws -> Response) async throws -> Response {
    let end = Instant.now + rules.answerFloor
    let result: Result<Response, any Error>
    do {
      result = .success(try await body())
    } catch {
      result = .failure(error)
    }
    try await wait(until: end)
    return try result.get()
  }

  /// The same for a refusal alone: who is let in learns that there is an account.
  func refusingNoSooner<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
    let end = Instant.now + rules.answerFloor
    do {
      return try await body()
    } catch {
      try await wait(until: end)
      throw error
    }
  }

  private func wait(until end: Instant) async throws {
    let rest = end - Instant.now
    if rest > .zero { try await Loop.sleep(for: rest) }
  }
}
