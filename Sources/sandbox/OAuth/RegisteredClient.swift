import Core
import Loop

/// The application, as a platform knows it.
struct RegisteredClient: Sendable {
  let id: String
  let secret: String
  /// Where a browser may be sent back to; anywhere while it is empty.
  var redirectURIs: [String]

  private static let externalURL = Setting(
    "API_EXTERNAL_URL",
    "the dispatcher as clients see it"
  )

  static let settings =
    [externalURL] + Platform.allCases.flatMap { [id(of: $0), secret(of: $0)] }

  private static func id(of platform: Platform) -> Setting {
    Setting(
      "\(platform.rawValue.uppercased())_CLIENT_ID",
      "the application's id at \(platform.title)"
    )
  }

  private static func secret(of platform: Platform) -> Setting {
    Setting(
      "\(platform.rawValue.uppercased())_CLIENT_SECRET",
      isSecret: true,
      "the application's secret at \(platform.title)"
    )
  }

  init(_ platform: Platform, _ configuration: Configuration) {
    id = configuration[Self.id(of: platform)] ?? "sandbox-\(platform.rawValue)"
    secret = configuration[Self.secret(of: platform)] ?? "sandbox-secret"
    redirectURIs =
      configuration[Self.externalURL].map {
        let base = $0.hasSuffix("/") ? String($0.dropLast()) : $0
        return ["\(base)/functions/v1/oauth-\(platform.rawValue)-callback"]
      } ?? []
  }

  /// To the letter.
  func mayRedirect(to uri: String) -> Bool {
    redirectURIs.isEmpty || redirectURIs.contains(uri)
  }
}
