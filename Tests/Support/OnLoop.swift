import Loop

/// Runs `body` on the test process's loop.
@discardableResult
package func onLoop<Value: Sendable>(
  _ body: sending @escaping @Loop () async throws -> Value
) async throws -> Value {
  TestLoop.start()
  return try await Loop.task { () -> Result<Value, any Error> in
    do { return .success(try await body()) } catch { return .failure(error) }
  }.value.get()
}
