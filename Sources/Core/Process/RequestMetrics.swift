import HTTP
import Loop
import Telemetry

/// What is counted of requests.
@Loop
final class RequestMetrics {
  private struct Outcome: Hashable {
    let method: HTTP.Method
    let status: Int
  }

  private let requests = Metrics.shared.counters(
    "http_requests_total",
    "Requests answered.",
    labels: "method",
    "status"
  )
  private let latency = Metrics.shared.histogram(
    "http_request_duration_seconds",
    "From a request's head to its answer."
  )

  /// Those of the family that were used, found without making their labels.
  private var counters: [Outcome: Counter] = [:]

  func observe(_ method: HTTP.Method, _ status: Int, _ duration: Duration) {
    counter(of: Outcome(method: method, status: status)).add()
    latency.observe(duration)
  }

  private func counter(of outcome: Outcome) -> Counter {
    if let known = counters[outcome] { return known }
    let counter = requests[outcome.method.rawValue, String(outcome.status)]
    counters[outcome] = counter
    return counter
  }
}
