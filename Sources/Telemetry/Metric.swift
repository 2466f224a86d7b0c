package import Loop

/// What a family has one of for each combination of its labels' values.
@Loop
package protocol Metric: AnyObject {
  /// Adds its samples; internal to the module.
  func write(_ name: String, _ labels: [Label], to exposition: inout Exposition)
}

@Loop
package final class Counter: Metric {
  package private(set) var value = 0.0

  /// - Parameter amount: negative ones count as none.
  package func add(_ amount: Double = 1) {
    value += max(0, amount)
  }

  package func write(_ name: String, _ labels: [Label], to exposition: inout Exposition) {
    exposition.sample(name, labels, value)
  }
}

@Loop
package final class Gauge: Metric {
  package var value = 0.0

  package func add(_ amount: Double = 1) {
    value += amount
  }

  package func write(_ name: String, _ labels: [Label], to exposition: inout Exposition) {
    exposition.sample(name, labels, value)
  }
}

@Loop
package final class Histogram: Metric {
  /// Bounds for requests and statements, in seconds.
  package nonisolated static let latencies = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
  ]

  private let bounds: [Double]
  /// Not cumulative; the last is for what exceeds all bounds.
  private var counts: [Int]
  private var sum = 0.0

  init(buckets: [Double]) {
    bounds = buckets
    counts = Array(repeating: 0, count: buckets.count + 1)
  }

  package func observe(_ value: Double) {
    var index = 0
    while index < bounds.count, value > bounds[index] { index += 1 }
    counts[index] += 1
    sum += value
  }

  /// Observes seconds.
  package func observe(_ duration: Duration) {
    observe(duration.seconds)
  }

  package func write(_ name: String, _ labels: [Label], to exposition: inout Exposition) {
    var total = 0
    for (bound, count) in zip(bounds + [.infinity], counts) {
      total += count
      let le = Label(name: "le", value: Exposition.text(bound))
      exposition.sample(name + "_bucket", labels + [le], Double(total))
    }
    exposition.sample(name + "_sum", labels, sum)
    exposition.sample(name + "_count", labels, Double(total))
  }
}
