import Crypto
import Glibc
import HTTPClient
import JSON
import Loop
import Telemetry

/// Reports unexpected errors to Sentry (its envelope endpoint), off the request's path: what can't
/// be delivered is dropped.
@Loop
final class ErrorReporter {
  /// `https://<key>@<host>/<project>`, as Sentry hands it out.
  struct DSN {
    let endpoint: String
    let key: String

    init?(_ text: String) {
      guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return nil }
      let parts = text.dropFirst(scheme.count).split(separator: "@")
      guard parts.count == 2, let slash = parts[1].lastIndex(of: "/") else { return nil }
      let project = parts[1][parts[1].index(after: slash)...]
      key = String(parts[0].prefix { $0 != ":" })
      guard !project.isEmpty, !key.isEmpty else { return nil }
      let pieces = parts[1][..<slash].split(separator: "/", maxSplits: 1)
      guard let host = pieces.first else { return nil }
      let prefix = pieces.count > 1 ? "/\(pieces[1])" : ""
      endpoint = "\(scheme)\(host)\(prefix)/api/\(project)/envelope/"
    }
  }

  private static let mostAtOnce = 8

  private let dsn: DSN
  private let client: Client
  private let process: String
  private var underWay = 0
  private let dropped = Metrics.shared.counter(
    "error_reports_dropped_total",
    "Errors that could not be reported."
  )

  /// - Throws: ``ConfigurationError`` when SENTRY_DSN can't be read.
  init?(_ configuration: Configuration, process: String, client: Client = .shared) throws {
    guard let text = configuration[.sentryDSN] else { return nil }
    guard let dsn = DSN(text) else {
      throw ConfigurationError("SENTRY_DSN must be https://<key>@<host>/<project>")
    }
    self.dsn = dsn
    self.client = client
    self.process = process
  }

  func report(_ error: any Error, requestID: String) {
    guard underWay < Self.mostAtOnce,
      let envelope = try? envelope(error, requestID)
    else {
      dropped.add()
      return
    }
    underWay += 1
    Loop.task { [self] in
      defer { underWay -= 1 }
      let isDelivered = await deliver(envelope)
      if !isDelivered { dropped.add() }
    }
  }

  private func deliver(_ envelope: [UInt8]) async -> Bool {
    let auth = "Sentry sentry_version=7, sentry_key=\(dsn.key), sentry_client=streamvibe/1.0"
    let request = ClientRequest(
      .post,
      dsn.endpoint,
      headers: ["content-type": "application/x-sentry-envelope", "x-sentry-auth": auth],
      body: envelope
    )
    let response = try? await client.send(request)
    return response?.status == 200
  }

  private func envelope(_ error: any Error, _ requestID: String) throws -> [UInt8] {
    let bytes = try Random.bytes(16)
    let id = Hex.encode(bytes.span)
    let event: JSON = [
      "event_id": .string(id), "timestamp": JSON(Int(time(nil))), "platform": "native",
      "level": "error", "logger": .string(process), "server_name": .string(process),
      "tags": ["request_id": .string(requestID)],
      "exception": [
        "values": [
          [
            "type": .string("\(type(of: error))"),
            "value": .string(Redaction.redacted("\(error)")),
          ]
        ]
      ],
    ]
    let header: JSON = ["event_id": .string(id)]
    let item: JSON = ["type": "event"]
    return header.bytes + [0x0A] + item.bytes + [0x0A] + event.bytes + [0x0A]
  }
}
