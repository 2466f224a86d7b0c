import JSON
import Loop
import Telemetry

/// The dispatcher's `/health`: what each service says about itself, asked in parallel and kept for a
/// second.
@Loop
final class HealthReport {
  struct Report {
    var status: Int
    var body: [UInt8]
  }

  private struct Check: Sendable {
    var name: String
    var isReady: Bool
    var latency: Duration
    var state: String
  }

  private static let shelfLife = Duration.seconds(1)
  private static let patience = Duration.seconds(2)

  private let started = Instant.now
  private var last: (report: Report, at: Instant)?
  private var isAsking = false
  private var waiting: [CheckedContinuation<Report, Never>] = []
  /// The services of now.
  var upstreams: @Loop () -> [Upstream] = { [] }
  /// What the supervisor knows of a service.
  var state: @Loop (Upstream) -> String = { $0.availability.rawValue }

  /// The last report, unless it is too old.
  var fresh: Report? {
    guard let last, .now - last.at < Self.shelfLife else { return nil }
    return last.report
  }

  /// Asks all services; who comes meanwhile gets the same report.
  func make() async -> Report {
    if isAsking { return await withCheckedContinuation { self.waiting.append($0) } }
    isAsking = true
    let report = Self.report(await ask(), uptime: .now - started)
    last = (report, .now)
    isAsking = false
    let waiting = waiting
    self.waiting = []
    for continuation in waiting { continuation.resume(returning: report) }
    return report
  }

  private func ask() async -> [Check] {
    var running: [Task<Check, Never>] = []
    for upstream in upstreams() {
      let (name, state, address) = (upstream.name, state(upstream), upstream.addresses.first)
      running.append(
        Loop.task {
          let start = Instant.now
          var status: Int?
          if let address {
            status = await Probe.get("/health", from: address, within: Self.patience)?.status
          }
          return Check(
            name: name,
            isReady: status == 200,
            latency: .now - start,
            state: state
          )
        }
      )
    }
    var checks: [Check] = []
    for task in running { checks.append(await task.value) }
    return checks
  }

  private static func report(_ checks: [Check], uptime: Duration) -> Report {
    let isReady = checks.allSatisfy(\.isReady)
    let list = checks.map { check in
      JSON.Member(
        check.name,
        [
          "ok": .bool(check.isReady),
          "state": .string(check.state),
          "latency_ms": .number("\(Double(check.latency.nanoseconds / 10_000) / 100)"),
        ]
      )
    }
    let body: JSON = [
      "status": .string(isReady ? "ok" : "unavailable"),
      "name": "dispatcher",
      "version": .string(Release.version),
      "uptime_seconds": JSON(Int(uptime.nanoseconds / 1_000_000_000)),
      "checks": .object(list),
    ]
    return Report(status: isReady ? 200 : 503, body: body.bytes)
  }
}
