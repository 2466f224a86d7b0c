package import Loop

/// What a process counts, for Prometheus.
///
/// ```swift
/// let requests = Metrics.shared.counters(
///   "http_requests_total", "Requests answered, by method and status.", labels: "method", "status")
/// requests["POST", "200"].add()
/// ```
///
/// Registering allocates; adding, setting and observing don't. A name registered twice is the same
/// metric.
@Loop
package final class Metrics {
  package static let shared = Metrics()

  /// Goes into every sample as the label `service`; set once at start.
  package var service: String?

  private(set) var families: [any MetricFamily] = []

  package init(service: String? = nil) {
    self.service = service
  }

  /// A value that only rises. By convention the name ends in `_total`.
  package func counter(_ name: String, _ help: String) -> Counter {
    counters(name, help, labels: [])[]
  }

  package func counters(_ name: String, _ help: String, labels: String...) -> Family<Counter> {
    counters(name, help, labels: labels)
  }

  package func gauge(_ name: String, _ help: String) -> Gauge {
    gauges(name, help, labels: [])[]
  }

  package func gauges(_ name: String, _ help: String, labels: String...) -> Family<Gauge> {
    gauges(name, help, labels: labels)
  }

  /// A gauge that is read when somebody asks.
  package func gauge(_ name: String, _ help: String, read: @escaping @Loop () -> Double) {
    add(Callback(name: name, help: help, kind: "gauge", read: read))
  }

  /// A counter kept elsewhere (by the kernel, say) that is read when somebody asks.
  package func counter(_ name: String, _ help: String, read: @escaping @Loop () -> Double) {
    add(Callback(name: name, help: help, kind: "counter", read: read))
  }

  /// - Parameter buckets: upper bounds, rising, without the infinite one.
  package func histogram(
    _ name: String,
    _ help: String,
    buckets: [Double] = Histogram.latencies
  ) -> Histogram {
    histograms(name, help, labels: [], buckets: buckets)[]
  }

  package func histograms(
    _ name: String,
    _ help: String,
    labels: String...,
    buckets: [Double] = Histogram.latencies
  ) -> Family<Histogram> {
    histograms(name, help, labels: labels, buckets: buckets)
  }

  private func counters(_ name: String, _ help: String, labels: [String]) -> Family<Counter> {
    add(Family(name: name, help: help, kind: "counter", labels: labels) { Counter() })
  }

  private func gauges(_ name: String, _ help: String, labels: [String]) -> Family<Gauge> {
    add(Family(name: name, help: help, kind: "gauge", labels: labels) { Gauge() })
  }

  private func histograms(
    _ name: String,
    _ help: String,
    labels: [String],
    buckets: [Double]
  ) -> Family<Histogram> {
    add(
      Family(name: name, help: help, kind: "histogram", labels: labels) {
        Histogram(buckets: buckets)
      }
    )
  }

  @discardableResult
  private func add<Added: MetricFamily>(_ family: Added) -> Added {
    if let known = families.first(where: { $0.name == family.name }) {
      if let same = known as? Added { return same }
      // Two kinds under one name: the second is counted and never shown.
      return family
    }
    families.append(family)
    return family
  }
}
