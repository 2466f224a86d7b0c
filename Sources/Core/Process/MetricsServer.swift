import HTTP
import Loop
import Telemetry

/// Answers `GET /metrics` on a listener of its own, which is not exposed.
@Loop
enum MetricsServer {
  static func start(on address: SocketAddress) throws -> Server {
    let handler = AsyncHandler(
      refusal: { Response(status: $0.status) },
      respond: { request in
        guard request.path == "/metrics" else { return Response(status: 404) }
        return Response(
          headers: [("content-type", Metrics.contentType)],
          body: .bytes(Metrics.shared.exposition())
        )
      }
    )
    return try Server(on: address, handler: handler)
  }
}
