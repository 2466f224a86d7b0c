import Core
import HTTPClient
import JSON
import Loop

/// Views and shares, which Instagram tells of one media a call. So they are read for the newest
/// page of a sync alone, while there is plenty of room for calls, and are left out rather than
/// that a sync fails or waits for them.
///
/// https://developers.facebook.com/docs/instagram-platform/reference/instagram-media/insights
@Loop
struct InstagramInsights {
  nonisolated static let scope = "instagram_business_manage_insights"
  /// How much of the limits may be used up, in percent: the rest is for what a sync can't be
  /// without.
  private static let share = 50
  private static let patience = Duration.seconds(10)

  private let base: String
  private let client: AccountClient
  private let end = Instant.now + patience
  private var isOver: Bool

  /// - Parameters:
  ///   - base: the graph's address with its version.
  ///   - response: the page's, which says how much is used up.
  init(base: String, client: AccountClient, after response: ClientResponse) {
    self.base = base
    self.client = client
    isOver = !client.account.scopes.contains(Self.scope) || Self.isScarce(response)
  }

  /// Adds what is told of an item; after a refusal that is not of this item alone nothing more is
  /// asked.
  mutating func complete(_ item: inout ContentItem) async {
    guard !isOver, .now < end else { return }
    let url = "\(base)/\(item.id.percentEncoded)/insights?metric=views%2Cshares"
    do {
      let response = try await client.send(isVital: false) { token in
        ClientRequest(.get, url, headers: ["Authorization": "Bearer \(token)"])
      }
      isOver = Self.isScarce(response)
      for metric in try response.json(of: .instagram)["data"]?.elements ?? [] {
        guard let value = metric["values"]?.elements?.first?["value"]?.count else { continue }
        switch metric["name"]?.text {
        case "views": item.views = value
        case "shares": item.shares = value
        default: break
        }
      }
    } catch let failure as PlatformFailure where failure.kind == .permanent {
      // of a media that is older than the business account, for one
    } catch {
      isOver = true
    }
  }

  private static func isScarce(_ response: ClientResponse) -> Bool {
    InstagramUsage(response).percent >= share
  }
}
