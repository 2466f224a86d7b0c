package import Crypto

extension Configuration {
  /// What checks users' tokens and the two keys; nil when there are no keys to check with.
  ///
  /// - Throws: ``ConfigurationError`` when the keys can't be read.
  package func tokenVerifier() throws -> TokenVerifier? {
    let jwks = self[.jwks]
    let secret = self[.jwtSecret]
    guard jwks != nil || secret != nil else { return nil }
    do {
      return try TokenVerifier(
        keys: KeySet(jwks: jwks, secret: secret),
        rules: TokenRules(issuer: issuer)
      )
    } catch {
      throw ConfigurationError("JWT_JWKS or JWT_SECRET can't be used: \(error)")
    }
  }
}
