import HTTP
import Loop
import Telemetry

/// `GET /metrics` on a listener of its own: the dispatcher's figures and those of all services, as
/// one text.
@Loop
final class MetricsEndpoint {
  private static let patience = Duration.seconds(2)

  private let forwarder: Forwarder
  private let addresses: @Loop () -> [SocketAddress]
  private let availability: Family<Gauge>
  private let active: Family<Gauge>
  private let waiting: Family<Gauge>

  /// - Parameter addresses: where the services serve their metrics.
  init(_ forwarder: Forwarder, addresses: @escaping @Loop () -> [SocketAddress]) {
    self.forwarder = forwarder
    self.addresses = addresses
    availability = Metrics.shared.gauges(
      "dispatcher_upstream_up",
      "Whether requests are sent to the service.",
      labels: "upstream"
    )
    active = Metrics.shared.gauges(
      "dispatcher_upstream_active",
      "Requests that are under way at the service.",
      labels: "upstream"
    )
    waiting = Metrics.shared.gauges(
      "dispatcher_upstream_waiting",
      "Requests that wait for a place.",
      labels: "upstream"
    )
    Metrics.shared.gauge("dispatcher_tunnels_open", "Websocket connections.") {
      Double(forwarder.tunnels.count)
    }
  }

  func respond(to request: Request) async -> Response {
    guard request.path == "/metrics" else {
      return Response(status: 404)
    }
    for upstream in forwarder.upstreams {
      availability[upstream.name].value = upstream.availability == .ready ? 1 : 0
      active[upstream.name].value = Double(upstream.active)
      waiting[upstream.name].value = Double(upstream.waitingCount)
    }
    var running: [Task<[UInt8]?, Never>] = []
    for address in addresses() {
      running.append(
        Loop.task { await Probe.get("/metrics", from: address, within: Self.patience)?.body }
      )
    }
    var texts = [Metrics.shared.exposition()]
    for task in running {
      if let text = await task.value { texts.append(text) }
    }
    return Response(
      headers: [("content-type", Metrics.contentType)],
      body: .bytes(Metrics.merge(texts))
    )
  }
}
