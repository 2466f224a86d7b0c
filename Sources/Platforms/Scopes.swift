extension Platform {
  /// What is asked of an account's owner.
  package var scopes: [String] {
    switch self {
    case .youtube: ["https://www.googleapis.com/auth/youtube.readonly"]
    case .instagram: ["instagram_business_basic", InstagramInsights.scope]
    case .tiktok: ["user.info.basic", "user.info.profile", "user.info.stats", "video.list"]
    }
  }

  /// Without these an account can't be synced; the others only make what is known poorer.
  package var requiredScopes: [String] {
    switch self {
    case .youtube: ["https://www.googleapis.com/auth/youtube.readonly"]
    case .instagram: ["instagram_business_basic"]
    case .tiktok: ["user.info.basic", "video.list"]
    }
  }

  /// Why an account of which no more is allowed can't be synced; nil when it can.
  func lack(in scopes: [String]) -> PlatformFailure? {
    let missing = requiredScopes.filter { !scopes.contains($0) }
    guard !missing.isEmpty else { return nil }
    return PlatformFailure(
      self,
      .missingScopes(missing),
      code: "scopes",
      "the account's owner has not allowed this on \(name): link it again and allow it"
    )
  }
}
