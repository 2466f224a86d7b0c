/// What a token must say to be taken, besides being signed.
package struct TokenRules: Sendable {
  /// Users' tokens have exactly this `iss`.
  package var issuer: String
  /// Users' tokens have this `aud`, alone or in a list.
  package var audience: String
  /// How far clocks may be apart, in seconds.
  package var leeway: Int

  /// Supabase's audience and half a minute, unless told otherwise.
  package init(issuer: String, audience: String = "authenticated", leeway: Int = 30) {
    self.issuer = issuer
    self.audience = audience
    self.leeway = leeway
  }
}

/// The claims of a token whose signature was right.
struct TokenClaims {
  /// The last second of the year 9999: later is a mistake, or milliseconds.
  private static let lastSecond = 253_402_300_799

  private let object: JSONObject
  private let rules: TokenRules

  /// Reads them; `verified(at:)` judges them.
  init(_ json: [UInt8], rules: TokenRules) throws(TokenError) {
    do {
      object = try JSONObject(json)
    } catch { throw .json(error) }
    self.rules = rules
  }

  /// Checks every rule. The second value is the first second from which the token counts: a cached
  /// token is not used earlier, should the clock be set back.
  func verified(at now: Int) throws(TokenError) -> (token: JSONWebToken, validFrom: Int) {
    let bearer: JSONWebToken.Bearer
    switch try string("role") {
    case "authenticated"?: bearer = .user(try user())
    case "anon"?: bearer = try key(.anon)
    case "service_role"?: bearer = try key(.serviceRole)
    default: throw .claim("role")
    }
    let issued = try seconds("iat", .up)
    let expiry = try seconds("exp", .down)
    if case .user = bearer {
      if issued == nil { throw .claim("iat") }
      if expiry == nil { throw .claim("exp") }
    }
    let validFrom = try checkTime(at: now)
    return (JSONWebToken(bearer: bearer, expiry: expiry, claims: object.bytes), validFrom)
  }

  /// - Returns: the first second from which the token counts.
  @discardableResult
  func checkTime(at now: Int) throws(TokenError) -> Int {
    let issued = try seconds("iat", .up) ?? 0
    let validFrom = max(issued, try seconds("nbf", .up) ?? 0) - rules.leeway
    guard now >= validFrom else { throw .notYetValid }
    if let expiry = try seconds("exp", .down), now >= expiry + rules.leeway { throw .expired }
    return validFrom
  }

  private func user() throws(TokenError) -> JSONWebToken.User {
    guard case .string(let issuer)? = object["iss"], object.holds(issuer, exactly: rules.issuer)
    else { throw .claim("iss") }
    try checkAudience()
    guard let id = try uuid("sub") else { throw .claim("sub") }
    let email = try string("email")
    return JSONWebToken.User(
      id: id,
      sessionID: try uuid("session_id"),
      email: email?.isEmpty == true ? nil : email,
      isAnonymous: try bool("is_anonymous") ?? false
    )
  }

  /// An API key names nobody: with a `sub`, SQL would take it for that user.
  private func key(_ bearer: JSONWebToken.Bearer) throws(TokenError) -> JSONWebToken.Bearer {
    guard object["sub"] == nil else { throw .claim("sub") }
    return bearer
  }

  private func checkAudience() throws(TokenError) {
    switch object["aud"] {
    case .string(let text)? where object.holds(text, exactly: rules.audience): return
    case .array(let range)?:
      guard let elements = try? object.elements(at: range) else { throw .claim("aud") }
      var isOurs = false
      for element in elements {
        guard case .string(let text) = element else { throw .claim("aud") }
        isOurs = isOurs || object.holds(text, exactly: rules.audience)
      }
      guard isOurs else { throw .claim("aud") }
    default: throw .claim("aud")
    }
  }

  private func string(_ name: StaticString) throws(TokenError) -> String? {
    switch object[name] {
    case nil: nil
    case .string(let text)?: object.string(text)
    default: throw .claim("\(name)")
    }
  }

  private func bool(_ name: StaticString) throws(TokenError) -> Bool? {
    switch object[name] {
    case nil: nil
    case .bool(let value)?: value
    default: throw .claim("\(name)")
    }
  }

  private func uuid(_ name: StaticString) throws(TokenError) -> String? {
    guard let text = try string(name) else { return nil }
    let isUUID =
      text.utf8.count == 36
      && text.utf8.enumerated().allSatisfy { index, byte in
        [8, 13, 18, 23].contains(index)
          ? byte == UInt8(ascii: "-") : Hex.value(of: byte) != nil
      }
    guard isUUID else { throw .claim("\(name)") }
    return text.lowercased()
  }

  private enum Rounding { case down, up }

  /// A NumericDate (RFC 7519 §2), which may have a fraction.
  private func seconds(_ name: StaticString, _ rounding: Rounding) throws(TokenError) -> Int? {
    guard let value = object[name] else { return nil }
    guard case .number(let range) = value,
      let number = Double(String(decoding: object.bytes[range], as: UTF8.self)),
      number >= 0, number <= Double(Self.lastSecond)
    else { throw .claim("\(name)") }
    let whole = Int(number)
    return rounding == .up && Double(whole) < number ? whole + 1 : whole
  }
}
