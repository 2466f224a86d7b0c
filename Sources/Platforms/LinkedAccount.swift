package import Postgres

/// A linked account as sync and refresh need it: a row of `internal.linked_account`.
package struct LinkedAccount: Decodable, Sendable {
  package let socialAccountId: UUID
  package let connectionId: UUID
  package let userId: UUID
  package let platform: Platform
  /// The channel's id at the platform.
  package let platformUserId: String
  package let platformUsername: String?
  /// What was granted.
  package let scopes: [String]
  /// When its access token runs out.
  package let tokenExpiresAt: Timestamp?

  package init(
    socialAccountId: UUID,
    connectionId: UUID,
    userId: UUID,
    platform: Platform,
    platformUserId: String,
    platformUsername: String? = nil,
    scopes: [String],
    tokenExpiresAt: Timestamp? = nil
  ) {
    self.socialAccountId = socialAccountId
    self.connectionId = connectionId
    self.userId = userId
    self.platform = platform
    self.platformUserId = platformUserId
    self.platformUsername = platformUsername
    self.scopes = scopes
    self.tokenExpiresAt = tokenExpiresAt
  }
}
