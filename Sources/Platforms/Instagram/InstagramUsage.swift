package import HTTPClient
import JSON
import Postgres

/// How much of Instagram's limits is used up, by the heads of an answer: those of the account and
/// those of the app, in percent.
///
/// https://developers.facebook.com/docs/graph-api/overview/rate-limiting
package struct InstagramUsage {
  /// Whoever calls on from there is shut out, and for longer with each call.
  private static let limit = 95

  private let limits: [JSON]

  package init(_ response: ClientResponse) {
    let account = Self.object(response, "x-business-use-case-usage").flatMap {
      $0.value.elements ?? []
    }
    limits = account + [.object(Self.object(response, "x-app-usage"))]
  }

  /// How much is used up of what is nearest to its limit; 0 when nothing is told.
  var percent: Int {
    let names = ["call_count", "total_cputime", "total_time"]
    return limits.flatMap { limit in names.compactMap { limit[$0]?.integer } }.max() ?? 0
  }

  /// Until when nothing more is to be asked; nil while there is room.
  func pause(at now: Timestamp) -> Timestamp? {
    percent >= Self.limit ? end(at: now) : nil
  }

  /// When there is room again: after the longest time that is told, or an hour.
  func end(at now: Timestamp) -> Timestamp {
    let minutes = limits.compactMap { $0["estimated_time_to_regain_access"]?.integer }.max() ?? 0
    return now.advanced(by: .seconds(minutes > 0 ? min(minutes, 1440) * 60 : 3600))
  }

  private static func object(_ response: ClientResponse, _ header: String) -> [JSON.Member] {
    guard let text = response.headers[header],
      case .object(let members)? = try? JSON(parsing: Array(text.utf8))
    else { return [] }
    return members
  }
}
