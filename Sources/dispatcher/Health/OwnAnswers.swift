import Glibc
import HTTP
import Loop

/// What the dispatcher answers itself: its health and the description of the API.
@Loop
final class OwnAnswers {
  private let name = "dispatcher"
  private let health: HealthReport
  private let openAPI: OpenAPIFile?

  init(health: HealthReport, openAPI: OpenAPIFile?) {
    self.health = health
    self.openAPI = openAPI
  }

  func answer(_ exchange: ForwardExchange, _ route: Route, by forwarder: Forwarder) {
    switch route {
    case .service: forwarder.fail(exchange, .notFound)
    case .live: forwarder.answer(exchange, 200, body: Array(#"{"status":"ok"}"#.utf8))
    case .openAPI:
      if let body = openAPI?.bytes {
        forwarder.answer(exchange, 200, fields: "Cache-Control: max-age=60\r\n", body: body)
      } else {
        forwarder.fail(exchange, .notFound)
      }
    case .health:
      if let report = health.fresh {
        forwarder.answer(exchange, report.status, fields: Self.uncached, body: report.body)
        return
      }
      Loop.task { [health] in
        let report = await health.make()
        // Meanwhile the client may have left.
        guard exchange.phase == .local else { return }
        forwarder.answer(exchange, report.status, fields: Self.uncached, body: report.body)
      }
    }
  }

  private static let uncached: StaticString = "Cache-Control: no-store\r\n"
}

/// The file that `OPENAPI` names, in memory.
@Loop
final class OpenAPIFile {
  private let path: String
  private(set) var bytes: [UInt8]?

  init(_ path: String) {
    self.path = path
    reload()
  }

  func reload() {
    bytes = try? File.bytes(of: path)
  }
}
