import Loop
import Telemetry

/// The figures of one service, looked up once.
@Loop
final class UpstreamMetrics {
  private let name: String
  private let requests: Family<Counter>
  private let latency: Histogram
  let retries: Counter
  private var byStatus: [(status: Int, counter: Counter)] = []

  init(_ name: String) {
    self.name = name
    requests = Metrics.shared.counters(
      "dispatcher_requests_total",
      "Requests by the service that they are for and the status they were answered with.",
      labels: "upstream",
      "status"
    )
    latency =
      Metrics.shared.histograms(
        "dispatcher_request_seconds",
        "Time from a request's head to the end of its answer.",
        labels: "upstream"
      )[name]
    retries =
      Metrics.shared.counters(
        "dispatcher_retries_total",
        "Requests that were sent once more, over another connection.",
        labels: "upstream"
      )[name]
  }

  func note(_ status: Int, seconds: Double) {
    latency.observe(seconds)
    for known in byStatus where known.status == status { return known.counter.add() }
    let counter = requests[name, String(status)]
    counter.add()
    byStatus.append((status, counter))
  }
}
