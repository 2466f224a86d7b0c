package import Core
package import Crypto
import JSON
package import Postgres

/// Seals what mails say while they wait in the database: their links and codes let whoever has them
/// into an account.
///
/// The key is derived from what auth signs tokens with, so every process that may send has it and
/// the database does not. The seal holds for one kind and one recipient: moved to another row, it
/// can't be opened.
package final class MailSeal {
  static let signingKey = Setting(
    "JWT_SIGNING_KEY",
    isRequired: true,
    isSecret: true,
    "the private key that tokens are signed with, a JWK; mail that waits is sealed with it too"
  )

  /// What the key is derived for.
  private static let label = "streamvibe outgoing mail 1"

  private let cipher: AESGCM

  /// - Throws: ``Failure`` with NOT_CONFIGURED when there is no signing key, `CryptoError` when it
  ///   is none.
  package convenience init(_ configuration: Configuration) throws {
    try self.init(signingKey: configuration.required(Self.signingKey))
  }

  /// - Parameter signingKey: a private JWK.
  init(signingKey: String) throws {
    // Only what can sign has the secret part.
    _ = try SigningKey(jwk: signingKey)
    let jwk = try JSON(parsing: Array(signingKey.utf8))
    guard case .string(let text)? = jwk["d"] ?? jwk["k"],
      var secret = Base64URL.decode(text.utf8.span)
    else { throw CryptoError.invalidKey("it has no secret part") }
    defer { wipe(&secret) }
    let derivation = try HMACSHA256(key: secret.span)
    var key = try derivation.authenticate(Self.label.utf8.span)
    defer { wipe(&key) }
    cipher = try AESGCM(key: key.span)
  }

  /// For `auth.queue_mail`, beside the same kind and recipient.
  package func seal(_ content: MailContent) throws(CryptoError) -> [UInt8] {
    let variables = content.variables.bytes
    let context = Self.context(content.kind.rawValue, content.recipient)
    return try cipher.seal(variables.span, context: context.span)
  }

  /// - Throws: `CryptoError.authenticationFailed` for what was sealed with another key, or for
  ///   another kind or recipient.
  func open(
    _ sealed: [UInt8],
    _ kind: MailContent.Kind,
    to recipient: String
  ) throws -> MailContent {
    let context = Self.context(kind.rawValue, recipient)
    let variables = try cipher.open(sealed.span, context: context.span)
    return MailContent(kind, to: recipient, variables: try JSON(parsing: variables))
  }

  private static func context(_ kind: String, _ recipient: String) -> [UInt8] {
    Array(kind.utf8) + [0] + Array(recipient.utf8)
  }

  /// The statement that puts the mail down: for the transaction of the change that causes it, after
  /// whose commit ``Mailer/wake()`` is called.
  ///
  /// - Parameter token: the digest of the token in it, whose time begins when the mail was sent.
  package func queue(_ content: MailContent, token: String? = nil) throws(CryptoError) -> SQL {
    let sealed = try seal(content)
    return """
      select auth.queue_mail(
          \(content.kind.rawValue), \(content.recipient), \(sealed), \(token))
      """
  }
}
