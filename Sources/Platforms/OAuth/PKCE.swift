import Crypto

/// Proof that whoever exchanges a code is who asked for it (RFC 7636).
enum PKCE {
  /// 43 characters, 256 bits.
  static func verifier() throws -> String { try Random.token(byteCount: 32) }

  /// The S256 challenge as the platform wants it; nil where it has no PKCE.
  static func challenge(of verifier: String, for platform: Platform) throws -> String? {
    let digest = try SHA2.sha256(verifier.utf8.span)
    switch platform {
    case .youtube: return Base64URL.encode(digest.span)
    // hexadecimal, against the RFC
    case .tiktok: return Hex.encode(digest.span)
    case .instagram: return nil
    }
  }
}
