import HTTP
import Loop
import Postgres
import Telemetry

/// What is counted and written down of the requests of a process.
@Loop
final class RequestJournal {
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

  func note(_ context: RequestContext, status: Int) {
    let method = context.request.method
    let duration = Instant.now - context.start
    counter(of: Outcome(method: method, status: status)).add()
    latency.observe(duration)
    Log.info("request") { line in
      line.add("request_id", context.requestID)
      line.add("method", method.rawValue)
      line.add("status", status)
      line.add("duration_ms", duration)
      line.add("caller", context.caller?.description)
    }
  }

  private func counter(of outcome: Outcome) -> Counter {
    if let known = counters[outcome] { return known }
    let counter = requests[outcome.method.rawValue, String(outcome.status)]
    counters[outcome] = counter
    return counter
  }
}
