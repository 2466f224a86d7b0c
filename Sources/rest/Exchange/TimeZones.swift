import Loop
import Postgres

/// The time zones that PostgreSQL knows, read when somebody first prefers one.
@Loop
final class TimeZones {
  private let database: Database
  private var names: Set<String>?

  init(_ database: Database) {
    self.database = database
  }

  func contains(_ name: String) async throws(PostgresError) -> Bool {
    if let names { return names.contains(name) }
    let session = database.session(as: Identity(isReadOnly: true))
    let all = try await session.all("select name from pg_timezone_names", as: String.self)
    let names = Set(all)
    self.names = names
    return names.contains(name)
  }
}
