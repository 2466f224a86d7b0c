import Loop
import Postgres
import Testing
import TestSupport

/// A database that is closed at the end.
@discardableResult
func withDatabase<Value: Sendable>(
  _ url: String,
  _ change: (inout Database.Settings) -> Void = { _ in },
  _ body: sending @escaping @Loop (Database) async throws -> Value
) async throws -> Value {
  var settings = Database.Settings(url: url)
  change(&settings)
  let fixed = settings
  return try await onLoop {
    let database = try Database(fixed)
    do {
      let value = try await body(database)
      database.close()
      return value
    } catch {
      database.close()
      throw error
    }
  }
}

/// What `body` throws.
@Loop
func failure(_ body: @Loop () async throws -> Void) async -> PostgresError? {
  do {
    try await body()
    return nil
  } catch {
    return error as? PostgresError
  }
}

/// What the server says against `body`.
@Loop
func refusal(_ body: @Loop () async throws -> Void) async throws -> ServerError {
  let error = try #require(await failure(body))
  guard case .server(let refusal) = error else { throw error }
  return refusal
}
