/// A platform that creators link.
enum Platform: String, CaseIterable, Sendable {
  case youtube
  case instagram
  case tiktok

  /// As people write it.
  var title: String {
    switch self {
    case .youtube: "YouTube"
    case .instagram: "Instagram"
    case .tiktok: "TikTok"
    }
  }
}
