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
    if case let rest = end - Instant.now, rest > .zero { try await Loop.sleep(for: rest) }
    return try result.get()
  }
}
