import Testing

@testable import Crypto

/// Every combination of what a token can have wrong, and of what it can have right.
///
/// The first axes have 9 × 7 × 3 × 6 × 3 × 4 = 13,608 combinations, none of which is to be taken:
/// all of their signatures are bad. So each axis also has what is right (an HS256 token of the
/// shared secret, the key's own name, no offence against time, the audience alone, the right
/// signature): 10 × 8 × 3 × 7 × 4 × 5 = 33,600 tokens, of which exactly the predicted are taken.
@Suite("Every combination of algorithm, kid, type, time, audience and signature")
struct MatrixTests {
  enum Alg: String, CaseIterable {
    case none, None, nOnE, publicKeyAsSecret = "HS256", HS384, RS256, ES256, EdDSA, PS256, shared

    var name: String { self == .shared ? "HS256" : rawValue }
  }

  enum Kid: CaseIterable { case absent, unknown, path, quote, huge, unicode, duplicate, own }

  enum Typ: String, CaseIterable { case access = "at+jwt", JWT, logout = "logout+jwt" }

  enum Time: CaseIterable {
    case expired31, expired29, notBefore, issuedLater, expiryText, expiryHuge, right
  }

  enum Aud: CaseIterable { case missing, other, list, alone }

  enum Signature: CaseIterable { case empty, truncated, ofOtherHeader, der, right }

  struct Combination {
    var alg: Alg
    var kid: Kid
    var typ: Typ
    var time: Time
    var aud: Aud
    var signature: Signature

    var isOfTheFirst: Bool {
      alg != .shared && kid != .own && time != .right && aud != .alone && signature != .right
    }

    /// Each rule by itself, none of which knows how a token is read.
    var offences: [String] {
      var offences: [String] = []
      if ![.RS256, .ES256, .shared].contains(alg) { offences.append("algorithm or key") }
      if alg == .shared ? kid != .absent : kid != .own { offences.append("kid") }
      if typ == .logout { offences.append("typ") }
      if ![.right, .expired29].contains(time) { offences.append("time") }
      if ![.list, .alone].contains(aud) { offences.append("aud") }
      if signature != .right { offences.append("signature") }
      return offences
    }
  }

  let rsa: ForeignSigner
  let edwards: ForeignSigner
  let ec: SigningKey
  let jwks: String
  let verifier: TokenVerifier

  init() throws {
    rsa = try .generate("RSA")
    edwards = try .generate("ED25519")
    ec = try SigningKey(jwk: Fixture.privateJWK)
    jwks = try "{\"keys\":[\(ec.publicJWK() ?? ""),\(rsa.rsaJWK(kid: "rs-1"))]}"
    verifier = try TokenVerifier(
      keys: KeySet(jwks: jwks, secret: Fixture.secret),
      rules: Fixture.rules
    )
  }

  @Test("33,600 tokens, 13,608 of them of the first axes: exactly the predicted are taken")
  func matrix() throws {
    var count = 0
    var firstCount = 0
    var taken = 0
    var wrong: [String] = []
    let allClaims = Time.allCases.map { time in Aud.allCases.map { claims(time, $0) } }
    for alg in Alg.allCases {
      for kid in Kid.allCases {
        for typ in Typ.allCases {
          let header = Forge.encode(header(alg, kid, typ))
          for (timeIndex, time) in Time.allCases.enumerated() {
            for (audIndex, aud) in Aud.allCases.enumerated() {
              let message = "\(header).\(allClaims[timeIndex][audIndex])"
              let right = try sign(message, alg)
              for signature in Signature.allCases {
                let combination = Combination(
                  alg: alg,
                  kid: kid,
                  typ: typ,
                  time: time,
                  aud: aud,
                  signature: signature
                )
                let bytes = try damage(right, signature, combination, message)
                let token = "\(message).\(Forge.encode(bytes))"
                let isTaken = (try? verifier.verify(token, at: Fixture.now)) != nil
                count += 1
                firstCount += combination.isOfTheFirst ? 1 : 0
                taken += isTaken ? 1 : 0
                if isTaken != combination.offences.isEmpty { wrong.append("\(combination)") }
              }
            }
          }
        }
      }
    }
    #expect(wrong.isEmpty)
    #expect(count == 33_600)
    #expect(firstCount == 13_608)
    // ES256 and RS256 with their kid, HS256 without, each 2 types × 2 times × 2 audiences.
    #expect(taken == 24)
  }

  private func header(_ alg: Alg, _ kid: Kid, _ typ: Typ) -> String {
    let own = alg == .RS256 || alg == .PS256 ? "rs-1" : "es-1"
    let member =
      switch kid {
      case .absent: ""
      case .unknown: "\"kid\":\"unknown\","
      case .path: "\"kid\":\"../../dev/null\","
      case .quote: "\"kid\":\"es-1' or '1'='1\","
      case .huge: "\"kid\":\"\(String(repeating: "k", count: 65536))\","
      case .unicode: "\"kid\":\"es‑１\","
      case .duplicate: "\"kid\":\"\(own)\",\"kid\":\"\(own)\","
      case .own: "\"kid\":\"\(own)\","
      }
    return "{\"alg\":\"\(alg.name)\",\(member)\"typ\":\"\(typ.rawValue)\"}"
  }

  private func claims(_ time: Time, _ aud: Aud) -> String {
    let now = Fixture.now
    let dates =
      switch time {
      case .expired31: "\"exp\":\(now - 31),\"iat\":\(now - 99)"
      case .expired29: "\"exp\":\(now - 29),\"iat\":\(now - 99)"
      case .notBefore: "\"exp\":\(now + 99),\"iat\":\(now),\"nbf\":\(now + 31)"
      case .issuedLater: "\"exp\":\(now + 99),\"iat\":\(now + 31)"
      case .expiryText: "\"exp\":\"\(now + 99)\",\"iat\":\(now)"
      case .expiryHuge: "\"exp\":1e400,\"iat\":\(now)"
      case .right: "\"exp\":\(now + 99),\"iat\":\(now)"
      }
    let audience =
      switch aud {
      case .missing: ""
      case .other: ",\"aud\":\"other\""
      case .list: ",\"aud\":[\"other\",\"authenticated\"]"
      case .alone: ",\"aud\":\"authenticated\""
      }
    return Forge.encode(
      """
      {"iss":"\(Fixture.issuer)","sub":"\(Fixture.user)","role":"authenticated",\(dates)\(audience)}
      """
    )
  }

  /// What the algorithm's own rules call right; nothing for an unsecured token.
  private func sign(_ message: String, _ alg: Alg) throws -> [UInt8] {
    switch alg {
    case .none, .None, .nOnE: []
    case .publicKeyAsSecret:
      try ForeignSigner.code(message.bytes, secret: jwks.bytes, digest: "SHA256")
    case .HS384:
      try ForeignSigner.code(message.bytes, secret: Fixture.secret.bytes, digest: "SHA384")
    case .shared:
      try ForeignSigner.code(message.bytes, secret: Fixture.secret.bytes, digest: "SHA256")
    case .RS256: try rsa.sign(message.bytes)
    case .PS256: try rsa.sign(message.bytes, pss: true)
    case .ES256: try ec.signature(over: message.bytes.span)
    case .EdDSA: try edwards.sign(message.bytes, digest: nil)
    }
  }

  private func damage(
    _ right: [UInt8],
    _ signature: Signature,
    _ combination: Combination,
    _ message: String
  ) throws -> [UInt8] {
    switch signature {
    case .empty: return []
    case .truncated: return right.dropLast()
    case .ofOtherHeader:
      let claims = message.split(separator: ".")[1]
      let header = Forge.encode("{\"alg\":\"\(combination.alg.name)\",\"cty\":\"other\"}")
      return try sign("\(header).\(claims)", combination.alg)
    case .der:
      let joined =
        combination.alg == .ES256 ? right : try ec.signature(over: message.bytes.span)
      return try #require(der(joined))
    case .right: return right
    }
  }
}
