import HTTP
import JSON
import Loop
import Postgres
import Telemetry

/// `/health` (ready: 503 when its database does not answer) and `/health/live` (alive: what
/// restarts look at, so that a database outage restarts nothing).
@Loop
final class Health {
  /// However often it is asked, the database is not asked more often than this.
  private static let freshness: Duration = .seconds(1)

  private static let ready = Array("/health".utf8)
  private static let alive = Array("/health/live".utf8)

  private let name: String
  private let database: Database?
  private let start = Instant.now
  private var last: (at: Instant, isReady: Bool, latency: Duration)?

  init(name: String, database: Database?) {
    self.name = name
    self.database = database
  }

  /// Whether the request is for one of the two paths.
  func isAsked(_ request: Request) -> Bool {
    request.hasPath(Self.ready) || request.hasPath(Self.alive)
  }

  func respond(_ request: Request) async -> Response {
    guard request.method == .get || request.method == .head else {
      return Failure.methodNotAllowed([.get, .head])
        .response(requestID: RequestID.generate().description)
    }
    guard let database, !request.hasPath(Self.alive) else {
      return Response(json: report(isReady: true, checks: []))
    }
    let (_, isReady, latency) = await check(database)
    let milliseconds = Double(latency.nanoseconds / 1000) / 1000
    let check: JSON = ["ok": .bool(isReady), "latency_ms": .number("\(milliseconds)")]
    var response = Response(
      status: isReady ? 200 : 503,
      json: report(isReady: isReady, checks: [JSON.Member("database", check)])
    )
    response.headers.append(("cache-control", "no-store"))
    if !isReady { response.headers.append(("retry-after", "1")) }
    return response
  }

  private func check(_ database: Database) async -> (at: Instant, isReady: Bool, latency: Duration)
  {
    if let last, .now - last.at < Self.freshness { return last }
    let begin = Instant.now
    let identity = Identity(statementTimeout: .seconds(2), isReadOnly: true)
    let sql: SQL = "select 1"
    let isReady = (try? await database.session(as: identity).run(sql.named("health"))) != nil
    let result = (at: Instant.now, isReady: isReady, latency: .now - begin)
    last = result
    return result
  }

  private func report(isReady: Bool, checks: [JSON.Member]) -> [UInt8] {
    let report: JSON = [
      "status": .string(isReady ? "ok" : "unavailable"), "name": .string(name),
      "version": .string(Release.version),
      "uptime_seconds": JSON(Int((.now - start).components.seconds)), "checks": .object(checks),
    ]
    return report.bytes
  }
}
