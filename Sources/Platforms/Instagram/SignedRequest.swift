import Crypto
import JSON
import Postgres

/// What Meta posts to an app's callbacks: `base64url(signature).base64url(JSON)`.
///
/// https://developers.facebook.com/docs/facebook-login/guides/advanced/oidc-token
struct SignedRequest: Equatable {
  /// By the id that our app knows the account by.
  let userID: String
  /// When the account's owner did what is told of; now when it does not say.
  let issuedAt: Timestamp

  /// - Parameter secret: the app's.
  /// - Returns: nil unless it is signed with the secret, by the one algorithm that is taken.
  init?(_ text: String, secret: String, now: Timestamp = .now) throws {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let signature = Self.decode(parts[0]),
      let payload = Self.decode(parts[1])
    else { return nil }
    let mac = try HMACSHA256(key: secret.utf8.span)
    // Over the text as it came, so that nothing is read before it is known to be theirs.
    let signed = Array(parts[1].utf8)
    guard try mac.isValid(signature.span, for: signed.span) else { return nil }
    guard let value = try? JSON(parsing: payload),
      value["algorithm"]?.text?.uppercased() == "HMAC-SHA256",
      let userID = value["user_id"]?.scalar
    else { return nil }
    self.userID = userID
    issuedAt = value["issued_at"]?.integer.map { Timestamp(unixSeconds: $0) } ?? now
  }

  private static func decode(_ text: Substring) -> [UInt8]? {
    let bare = text.prefix { $0 != "=" }
    return Base64URL.decode(Array(bare.utf8).span)
  }
}
