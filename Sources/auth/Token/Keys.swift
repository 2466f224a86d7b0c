import Core
import Crypto
import Glibc
import JSON
import Loop
import Postgres

/// What only auth can make: access tokens, refresh tokens, and the hashes of mailed codes.
@Loop
final class Keys {
  private let signing: SigningKey
  private let refresh: HMACSHA256
  private let mailed: HMACSHA256

  /// - Throws: ``ConfigurationError`` when there is no key to sign with.
  init(_ configuration: Configuration) throws {
    do {
      let jwk = try configuration.required(MailSeal.signingKey)
      signing = try SigningKey(jwk: jwk)
      var secret = try configuration[.tokenKey].map { Array($0.utf8) } ?? Self.secretPart(of: jwk)
      defer { wipe(&secret) }
      let root = try HMACSHA256(key: secret.span)
      let refreshKey = try root.authenticate("streamvibe refresh tokens 1".utf8.span)
      refresh = try HMACSHA256(key: refreshKey.span)
      let mailedKey = try root.authenticate("streamvibe mailed codes 1".utf8.span)
      mailed = try HMACSHA256(key: mailedKey.span)
    } catch {
      throw ConfigurationError("JWT_SIGNING_KEY can't be used: \(error)")
    }
  }

  private static func secretPart(of jwk: String) throws -> [UInt8] {
    let json = try JSON(parsing: Array(jwk.utf8))
    guard case .string(let text)? = json["d"] ?? json["k"],
      let secret = Base64URL.decode(text.utf8.span)
    else { throw CryptoError.invalidKey("it has no secret part") }
    return secret
  }

  /// - Parameter claims: a JSON object that is not empty, without issuer and times.
  func accessToken(
    _ claims: String,
    issuer: String,
    lifetime: Int
  ) throws -> (text: String, expiry: Int) {
    let now = Int(time(nil))
    var head: [UInt8] = []
    head.append(json: ["iss": .string(issuer), "iat": JSON(now), "exp": JSON(now + lifetime)])
    head.removeLast()
    head.append(UInt8(ascii: ","))
    let all = head + claims.utf8.dropFirst()
    return (try signing.sign(claims: all.span), now + lifetime)
  }

  // MARK: - Refresh tokens

  /// The form's number, session and counter, then 128 bits of a code over them: 41 bytes.
  func refreshToken(of session: UUID, counter: Int) throws -> String {
    let head = Self.head(session, counter)
    let code = try refresh.authenticate(head.span)
    let bytes = head + code.prefix(Self.codeLength)
    return Base64URL.encode(bytes.span)
  }

  /// Nil for what this did not make.
  func session(of token: String) throws -> (id: UUID, counter: Int)? {
    guard token.utf8.count <= 64, let bytes = Base64URL.decode(token.utf8.span),
      bytes.count == Self.headLength + Self.codeLength, bytes[0] == Self.form
    else { return nil }
    let head = Array(bytes.prefix(Self.headLength))
    let code = Array(try refresh.authenticate(head.span).prefix(Self.codeLength))
    guard constantTimeEqual(code.span, bytes.span.extracting(Self.headLength...)) else {
      return nil
    }
    let words = [1, 9, 17].map { start in
      bytes[start..<start + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
    return Int(exactly: words[2]).map { (UUID(high: words[0], low: words[1]), $0) }
  }

  private static let form: UInt8 = 1
  private static let headLength = 25
  private static let codeLength = 16

  private static func head(_ session: UUID, _ counter: Int) -> [UInt8] {
    [form]
      + [session.high, session.low, UInt64(counter)].flatMap { word in
        stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt64($0)) }
      }
  }

  // MARK: - Mailed codes

  /// What stands in a link for the code that was mailed to the address: 56 hexadecimal digits.
  func linkHash(of code: String, to address: String) throws -> String {
    let message = Array(address.utf8) + [0] + Array(code.utf8)
    let hash = try mailed.authenticate(message.span)
    return Hex.encode(hash.span.extracting(..<28))
  }
}

/// One-way and without a key: for what is random enough, or must only not be read off.
enum Digest {
  /// SHA-256 in hexadecimal digits.
  static func hex(_ text: String) throws -> String {
    let digest = try SHA2.sha256(text.utf8.span)
    return Hex.encode(digest.span)
  }
}
