import HTTP
import JSON
import Loop

/// The calls that the platforms have had, the last so many of them. Tokens are not in it.
@Loop
final class CallLog {
  private struct Entry {
    let number: Int
    let time: Int
    let target: FaultTarget
    let method: String
    let path: String
    let query: String
    let status: Int
  }

  private nonisolated static let limit = 2000
  private nonisolated static let secrets: Set<String> = [
    "access_token", "client_secret", "code", "token", "refresh_token", "state", "key",
  ]

  private let clock: WorldClock
  private var entries: [Entry] = []
  private var counts: [FaultTarget: Int] = [:]
  private var number = 0

  init(_ clock: WorldClock) {
    self.clock = clock
  }

  func reset() {
    entries = []
    counts = [:]
  }

  func note(_ target: FaultTarget, _ visit: Visit, _ status: Int) {
    number += 1
    counts[target, default: 0] += 1
    entries.append(
      Entry(
        number: number,
        time: clock.now,
        target: target,
        method: visit.request.method.rawValue,
        path: "/" + visit.segments.joined(separator: "/"),
        query: visit.query.encoded(without: Self.secrets),
        status: status
      )
    )
    if entries.count > Self.limit * 2 { entries.removeFirst(entries.count - Self.limit) }
  }

  /// How many calls each had since the start or the last reset.
  var totals: JSON {
    .object(
      FaultTarget.allCases.filter { $0 != .smtp }.map {
        JSON.Member($0.rawValue, JSON(counts[$0, default: 0]))
      }
    )
  }

  /// The newest last.
  func json(of target: FaultTarget?, after: Int) -> JSON {
    .array(
      entries.suffix(Self.limit).filter { $0.number > after && (target ?? $0.target) == $0.target }
        .map {
          [
            "number": JSON($0.number), "at": .string(Moment.zulu($0.time)),
            "target": .string($0.target.rawValue), "method": .string($0.method),
            "path": .string($0.path), "query": .string($0.query), "status": JSON($0.status),
          ]
        }
    )
  }
}
