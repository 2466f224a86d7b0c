import JSON
package import Postgres

/// What a platform gives for an account. It is sealed in the vault as JSON and stands nowhere else.
package struct Tokens: Sendable, Equatable {
  package var accessToken: String
  /// Nil where the access token refreshes itself, and where none was given.
  package var refreshToken: String?
  package var issuedAt: Timestamp
  /// When the access token ends.
  package var expiresAt: Timestamp
  /// When what it is refreshed with ends; nil when that has no end.
  package var refreshExpiresAt: Timestamp?

  package init(
    accessToken: String,
    refreshToken: String? = nil,
    issuedAt: Timestamp,
    expiresAt: Timestamp,
    refreshExpiresAt: Timestamp? = nil
  ) {
    self.accessToken = accessToken
    self.refreshToken = refreshToken
    self.issuedAt = issuedAt
    self.expiresAt = expiresAt
    self.refreshExpiresAt = refreshExpiresAt
  }

  /// - Parameter json: what ``json`` gave.
  package init?(_ json: [UInt8]) {
    guard let value = try? JSON(parsing: json), let accessToken = value["access_token"]?.text,
      let issuedAt = value["issued_at"]?.text.flatMap({ Timestamp($0) }),
      let expiresAt = value["expires_at"]?.text.flatMap({ Timestamp($0) })
    else { return nil }
    self.init(
      accessToken: accessToken,
      refreshToken: value["refresh_token"]?.text,
      issuedAt: issuedAt,
      expiresAt: expiresAt,
      refreshExpiresAt: value["refresh_expires_at"]?.text.flatMap { Timestamp($0) }
    )
  }

  package var json: [UInt8] {
    let value: JSON = [
      "access_token": .string(accessToken), "refresh_token": JSON(refreshToken),
      "issued_at": .string("\(issuedAt)"), "expires_at": .string("\(expiresAt)"),
      "refresh_expires_at": JSON(refreshExpiresAt?.description),
    ]
    return value.bytes
  }
}

/// Printed, logged or dumped, they show nothing.
extension Tokens: CustomStringConvertible, CustomReflectable {
  package var description: String { "tokens until \(expiresAt)" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Tokens and what they allow.
package struct Grant: Sendable {
  package var tokens: Tokens
  /// Nil when the platform does not say: it is what was asked for (RFC 6749 §5.1), or in an answer
  /// to a refresh what it was.
  package var scopes: [String]?
}

/// The channel that an account is.
package struct ChannelProfile: Sendable, Equatable {
  package var id: String
  /// Another id, by which the platform names it when it tells us something.
  package var appUserID: String?
  package var username: String?
  package var displayName: String?
  package var avatarURL: String?
  package var url: String?
  package var about: String?
  package var followers: Int?
  package var following: Int?
  package var posts: Int?
  package var isVerified = false

  package init(id: String) {
    self.id = id
  }

  /// As `internal.complete_link` takes it.
  var json: JSON {
    [
      "id": .string(id), "app_user_id": JSON(appUserID), "username": JSON(username),
      "display_name": JSON(displayName), "avatar_url": JSON(avatarURL), "url": JSON(url),
      "description": JSON(about), "follower_count": Self.count(followers),
      "following_count": Self.count(following.map { min($0, Int(Int32.max)) }),
      "post_count": Self.count(posts.map { min($0, Int(Int32.max)) }),
      "is_verified": .bool(isVerified),
    ]
  }

  private static func count(_ number: Int?) -> JSON { number.map { JSON(max(0, $0)) } ?? .null }
}
