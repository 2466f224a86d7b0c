/// The platforms that accounts are linked on: slugs of the table `platform`.
package enum Platform: String, CaseIterable, Codable, Sendable {
  case youtube
  case instagram
  case tiktok

  /// For people.
  package var name: String {
    switch self {
    case .youtube: "YouTube"
    case .instagram: "Instagram"
    case .tiktok: "TikTok"
    }
  }
}
