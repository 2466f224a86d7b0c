/// Verifies JSON Web Tokens (RFC 7519, with the practices of RFC 8725) against a closed set of keys.
///
/// The key is chosen by the header's `kid`, and each key has one algorithm, so a token can't choose
/// how it is checked. A token without `kid` is checked with the one key of its algorithm that has no
/// name (`JWT_SECRET`, as Supabase's own keys are signed), never with a named key; a `kid` that no
/// key has is refused.
///
/// Users' tokens (role `authenticated`) must have `exp`, `iat`, `aud`, `iss` and `sub`. API keys
/// (roles `anon` and `service_role`) are taken by signature and role alone; they must have no `sub`,
/// and when they have `exp`, `nbf` or `iat`, it counts. Any other role is refused.
///
/// Tokens that were verified are remembered until `exp`. The object belongs to one thread.
package final class TokenVerifier {
  /// Longer tokens are refused unread.
  package static let lengthLimit = 8192

  private let rules: TokenRules
  private let hasher: SHA256Hasher
  private var keys: KeySet
  private var cache: TokenCache

  /// - Parameter capacity: how many verified tokens are remembered, and their claims' size in KiB.
  package init(
    keys: KeySet,
    rules: TokenRules,
    capacity: Int = 1024
  ) throws(CryptoError) {
    self.keys = keys
    self.rules = rules
    hasher = try SHA256Hasher()
    cache = TokenCache(capacity: capacity, byteLimit: capacity * 1024)
  }

  /// From now on only these keys count; what was verified with others is forgotten.
  package func replaceKeys(with keys: KeySet) {
    self.keys = keys
    cache.removeAll()
  }

  /// How many verified tokens are remembered.
  package var rememberedCount: Int { cache.count }

  /// - Parameter now: seconds since 1970.
  package func verify(_ token: String, at now: Int) throws(TokenError) -> JSONWebToken {
    try verify(token.utf8.span, at: now)
  }

  /// - Parameters:
  ///   - token: the compact form, without `Bearer`.
  ///   - now: seconds since 1970.
  package func verify(_ token: Span<UInt8>, at now: Int) throws(TokenError) -> JSONWebToken {
    guard token.count <= Self.lengthLimit else { throw .tooLong }
    let digest: SHA256Digest
    do {
      try hasher.update(token)
      digest = try hasher.finish()
    } catch { throw .library }
    if let known = cache.token(for: digest, at: now) { return known }
    let verified = try verifyAnew(token, at: now)
    cache.insert(verified.token, validFrom: verified.validFrom, for: digest, at: now)
    return verified.token
  }

  /// The claims of a token whose signature is right and whose time has come and not passed, where
  /// it says when that is. Nothing else is asked of it: whoever calls this judges the claims.
  package func signedClaims(of token: Span<UInt8>, at now: Int) throws(TokenError) -> [UInt8] {
    guard token.count <= Self.lengthLimit else { throw .tooLong }
    let claims = try claims(of: token)
    try TokenClaims(claims, rules: rules).checkTime(at: now)
    return claims
  }

  private func verifyAnew(
    _ token: Span<UInt8>,
    at now: Int
  ) throws(TokenError) -> (token: JSONWebToken, validFrom: Int) {
    try TokenClaims(claims(of: token), rules: rules).verified(at: now)
  }

  /// The claims as they were signed.
  private func claims(of token: Span<UInt8>) throws(TokenError) -> [UInt8] {
    guard let dots = Self.dots(in: token),
      let headerJSON = Base64URL.decode(token.extracting(..<dots.first)),
      let signature = Base64URL.decode(token.extracting((dots.second + 1)...))
    else { throw .malformed }
    let header = try TokenHeader(headerJSON)
    guard let key = keys.key(named: header.keyID, for: header.algorithm) else { throw .unknownKey }
    let isValid: Bool
    do {
      isValid = try key.isValid(signature.span, for: token.extracting(..<dots.second))
    } catch { throw .library }
    guard isValid else { throw .signature }
    guard let claims = Base64URL.decode(token.extracting(dots.first + 1..<dots.second)) else {
      throw .malformed
    }
    return claims
  }

  /// Nil unless there are exactly two.
  private static func dots(in token: Span<UInt8>) -> (first: Int, second: Int)? {
    var first: Int?
    var second: Int?
    for index in token.indices where token[index] == UInt8(ascii: ".") {
      guard second == nil else { return nil }
      if first == nil { first = index } else { second = index }
    }
    guard let first, let second else { return nil }
    return (first, second)
  }
}
