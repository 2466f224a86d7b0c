import HTTP
import Loop
import Telemetry

/// What is counted of requests.
@Loop
struct RequestMetrics {
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

  func observe(_ method: HTTP.Method, _ status: Int, _ duration: Duration) {
    requests[method.rawValue, String(status)].add()
    latency.observe(duration)
  }
}
