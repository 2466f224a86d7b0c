import Core
import HTTP
import JSON
import Loop

/// What a browser shows first: what is played, how it stands, and the inbox.
@Loop
enum OverviewPage {
  static func response(_ world: World, _ visit: Visit) -> Response {
    let base = visit.base
    let mails = InboxPage.table(of: world.mail.inbox.mails(for: visit["to"], after: nil), base)
    let body = """
      <h2>Inbox</h2>
      \(mails)
      <h2>What it plays</h2>
      \(played(visit.origin))
      <h2>How it stands</h2>
      \(standing(world))
      <h2>Creators</h2>
      \(creators(world, base))
      """
    return Page("The sandbox", body, refreshes: true).response(base)
  }

  private static func played(_ origin: String) -> String {
    let rows = [
      ("Google's consent", "GOOGLE_AUTHORIZE_URL", "/google/o/oauth2/v2/auth"),
      ("Google's tokens", "GOOGLE_TOKEN_URL", "/google/token"),
      ("Google's revocations", "GOOGLE_REVOKE_URL", "/google/revoke"),
      ("YouTube Data API", "YOUTUBE_BASE_URL", "/gapi"),
      ("Instagram's consent", "INSTAGRAM_AUTHORIZE_URL", "/instagram/oauth/authorize"),
      ("Instagram's tokens", "INSTAGRAM_API_BASE_URL", "/instagram"),
      ("Instagram's graph", "INSTAGRAM_GRAPH_BASE_URL", "/ig"),
      ("TikTok's consent", "TIKTOK_AUTHORIZE_URL", "/tiktok/v2/auth/authorize/"),
      ("TikTok's tokens and API", "TIKTOK_BASE_URL", "/tiktok"),
    ]
    return table(
      ["What", "Setting", "Address"],
      rows.map { [$0.0, $0.1, "\(origin)\($0.2)"].map(\.escapedForHTML) }
    )
  }

  private static func standing(_ world: World) -> String {
    let units = YouTubeUnits.Bucket.units
    let youtube = world.youtube.units
    var rows = [
      ["Its time", "\(Moment.zulu(world.clock.now)) (moved by \(world.clock.offset) s)"],
      [
        "YouTube's units",
        "\(youtube.used(of: units)) of \(youtube.limit(of: units)), "
          + "until \(Moment.zulu(youtube.resetTime))",
      ],
      ["Calls", String(decoding: world.calls.totals.bytes, as: UTF8.self)],
      ["Failures", String(decoding: world.faults.json.bytes, as: UTF8.self)],
    ]
    for platform in Platform.allCases {
      let grants = world.state(of: platform).grants
      let names = grants.grants.keys.sorted().joined(separator: ", ")
      rows.append([
        "\(platform.title) is linked by",
        names.isEmpty ? "nobody" : "\(names) (\(grants.liveCount) tokens hold)",
      ])
    }
    return table(["", ""], rows.map { $0.map(\.escapedForHTML) })
  }

  private static func creators(_ world: World, _ base: String) -> String {
    let rows = Platform.allCases.flatMap { platform in
      world.catalogue.all(of: platform).map { creator in
        let key = creator.profile.key.escapedForHTML
        let address = "\(base)/admin/creators/\(platform.rawValue)/\(key)/items"
        return [
          platform.title, "<a href=\"\(address)\">\(key)</a>",
          creator.profile.name.escapedForHTML, creator.profile.shape.rawValue, "\(creator.count)",
        ]
      }
    }
    return table(["Platform", "Key", "Name", "Shape", "Items"], rows)
  }

  /// - Parameter rows: as HTML.
  private static func table(_ heads: [String], _ rows: [[String]]) -> String {
    let head = heads.map { "<th scope=\"col\">\($0)</th>" }.joined()
    let body = rows.map { row in "<tr>\(row.map { "<td>\($0)</td>" }.joined())</tr>" }
    return """
      <table><thead><tr>\(head)</tr></thead><tbody>
      \(body.joined(separator: "\n"))
      </tbody></table>
      """
  }
}
