import Testing

@testable import Crypto

@Suite("Keys")
struct KeyTests {
  static let x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
  static let y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
  static let d = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"
  static let k = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr8"
  static let ec = "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\(x)\",\"y\":\"\(y)\""
  static let oct = "\"kty\":\"oct\",\"k\":\"\(k)\""
  /// 2048 bits; numbers of other lengths are cut from it or put together of it.
  static let n = VectorTests.examples[1].jwk.split(separator: "\"n\":\"")[1].dropLast(2)

  static func rsa(n: String = String(n), e: String = "AQAB") -> String {
    "{\"kty\":\"RSA\",\"n\":\"\(n)\",\"e\":\"\(e)\"}"
  }

  @Test(
    "what is taken into a set",
    arguments: [
      "{\(ec)}", "{\(oct)}", rsa(), "{\(ec),\"alg\":\"ES256\",\"use\":\"sig\",\"kid\":\"A_z-09\"}",
      "{\(ec),\"key_ops\":[\"verify\"],\"x5t\":\"unknown members are ignored\",\"ext\":true}",
      "{\(oct),\"alg\":\"HS256\",\"key_ops\":[\"sign\",\"verify\"]}",
      "{\(ec),\"kid\":\"\(String(repeating: "k", count: 64))\"}",
      VectorTests.examples[3].jwk, rsa(e: "AQAAAAE"),
    ]
  )
  func takes(jwk: String) throws {
    #expect(try KeySet(jwks: "{\"keys\":[\(jwk)]}").count == 1)
  }

  @Test(
    "what is refused in a set",
    arguments: [
      "{}", "[]", "null", "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"\(x)\"}",
      "{\"kty\":\"ec\",\"crv\":\"P-256\",\"x\":\"\(x)\",\"y\":\"\(y)\"}",
      "{\"kty\":[\"EC\"],\"crv\":\"P-256\",\"x\":\"\(x)\",\"y\":\"\(y)\"}",
      "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"\(x)\",\"y\":\"\(y)\"}",
      "{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"\(x)\",\"y\":\"\(y)\"}",
      "{\"kty\":\"EC\",\"x\":\"\(x)\",\"y\":\"\(y)\"}",
      "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\(x)\"}",
      "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\(y)\",\"y\":\"\(x)\"}",
      "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\(x)=\",\"y\":\"\(y)\"}",
      "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"A\(x)\",\"y\":\"\(y)\"}",
      "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\(x.dropLast(4))\",\"y\":\"\(y)\"}",
      "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\",\"y\":\"\"}",
      "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\(String(repeating: "A", count: 43))\",\"y\":\"\(y)\"}",
      "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":1,\"y\":2}",
      "{\(ec),\"alg\":\"ES384\"}", "{\(ec),\"alg\":\"HS256\"}", "{\(ec),\"alg\":\"none\"}",
      "{\(ec),\"alg\":null}", "{\(ec),\"use\":\"enc\"}", "{\(ec),\"key_ops\":[\"sign\"]}",
      "{\(ec),\"key_ops\":[]}", "{\(ec),\"key_ops\":\"verify\"}", "{\(ec),\"kid\":\"\"}",
      "{\(ec),\"kid\":\"a b\"}", "{\(ec),\"kid\":\"../key\"}", "{\(ec),\"kid\":\"é\"}",
      "{\(ec),\"kid\":7}", "{\(ec),\"kid\":\"\(String(repeating: "k", count: 65))\"}",
      "{\(ec),\"d\":\"\(d)\"}", "{\(ec),\"d\":null}", "{\(ec),\"kty\":\"EC\"}",
      "{\"kty\":\"oct\"}", "{\"kty\":\"oct\",\"k\":\"\"}",
      "{\"kty\":\"oct\",\"k\":\"\(k.dropLast(2))\"}",
      "{\(oct),\"alg\":\"HS512\"}", rsa(n: String(n.prefix(340))), rsa(n: "AA\(n)"),
      rsa(n: "\(n)\(n)\(n)\(n)\(n)"), rsa(e: "Aw"), rsa(e: "AQAA"), rsa(e: "AAEAAQ"),
      rsa(e: "AQAAAAAAAAAB"), rsa(e: ""), rsa(n: ""), "{\"kty\":\"RSA\",\"e\":\"AQAB\"}",
      String(rsa().dropLast()) + ",\"p\":\"AQAB\"}",
      String(rsa().dropLast()) + ",\"alg\":\"PS256\"}",
    ]
  )
  func refuses(jwk: String) {
    #expect { try KeySet(jwks: "{\"keys\":[\(jwk)]}") } throws: { error in
      if case CryptoError.invalidKey = error { true } else { false }
    }
  }

  @Test("RSA keys have 2048 bits or more", arguments: [(1024, false), (2040, false), (2048, true)])
  func refusesSmallKeys(bits: Int32, isTaken: Bool) throws {
    let jwk = try ForeignSigner.generate("RSA", bits: bits).rsaJWK(kid: "a")
    if isTaken {
      #expect(try KeySet(jwks: "{\"keys\":[\(jwk)]}").count == 1)
    } else {
      #expect(throws: CryptoError.invalidKey("an RSA key has at least 2048 bits, not \(bits)")) {
        try KeySet(jwks: "{\"keys\":[\(jwk)]}")
      }
    }
  }

  @Test(
    "what is no set",
    arguments: [
      "", "null", "[]", "{}", "{\"keys\":{}}", "{\"keys\":null}", "{\"keys\":[]", "{\"keys\":[],}",
      "{\"keys\":[],\"keys\":[]}", "[{\(ec)}]", "{\(ec)}",
    ]
  )
  func refusesNoSet(text: String) {
    #expect(throws: CryptoError.self) { try KeySet(jwks: text) }
  }

  @Test("an empty set is a set, in which no token finds a key")
  func takesEmptySet() throws {
    let verifier = try TokenVerifier(keys: KeySet(jwks: "{\"keys\":[]}"), rules: Fixture.rules)
    let token = try SigningKey(jwk: Fixture.privateJWK).sign(claims: Fixture.claims.bytes.span)
    #expect(throws: TokenError.unknownKey) { try verifier.verify(token, at: Fixture.now) }
  }

  @Test("no name twice, no two nameless keys of one algorithm")
  func refusesAmbiguity() throws {
    let named = "{\(Self.ec),\"kid\":\"a\"}"
    #expect(throws: CryptoError.invalidKey("kid a is there twice")) {
      try KeySet(jwks: "{\"keys\":[\(named),{\(Self.oct),\"kid\":\"a\"}]}")
    }
    #expect(throws: CryptoError.invalidKey("two ES256 keys have no kid")) {
      try KeySet(jwks: "{\"keys\":[{\(Self.ec)},{\(Self.ec)}]}")
    }
    #expect(throws: CryptoError.invalidKey("two HS256 keys have no kid")) {
      try KeySet(jwks: "{\"keys\":[{\(Self.oct)}]}", secret: Fixture.secret)
    }
    let set = try KeySet(
      jwks: "{\"keys\":[\(named),{\(Self.ec)},\(Self.rsa())]}",
      secret: Fixture.secret
    )
    #expect(set.count == 4)
  }

  @Test(
    "a shared secret has 32 bytes or more",
    arguments: ["", "short", String(repeating: "s", count: 31)]
  )
  func refusesShortSecret(secret: String) {
    #expect(throws: CryptoError.self) { try KeySet(secret: secret) }
    #expect(throws: CryptoError.self) { try SigningKey(secret: secret) }
  }

  @Test(
    "what can't sign",
    arguments: [
      "{\(ec)}", "{\(ec),\"d\":\"\(d)=\"}", "{\(ec),\"d\":\"\(x)\"}", "{\(ec),\"d\":\"\"}",
      "{\(ec),\"d\":\"\(d.dropLast(3))\"}",
      "{\(ec),\"d\":\"\(String(repeating: "A", count: 43))\"}",
      "{\(ec),\"d\":\"_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE\"}",
      "{\(ec),\"d\":\"\(d)\",\"key_ops\":[\"verify\"]}", rsa(), "",
      "{\"kty\":\"oct\",\"k\":\"AAAA\"}",
      String(rsa().dropLast()) + ",\"d\":\"AQAB\"}",
    ]
  )
  func refusesSigning(jwk: String) {
    #expect(throws: CryptoError.self) { try SigningKey(jwk: jwk) }
  }

  @Test("a pair survives the way through its JWK")
  func roundTrips() throws {
    for _ in 0..<20 {
      let key = try SigningKey.generate()
      let copy = try SigningKey(jwk: try #require(try key.privateJWK()))
      #expect(copy.keyID == key.keyID)
      #expect(try copy.publicJWK() == key.publicJWK())
      let token = try copy.sign(claims: Fixture.claims.bytes.span)
      #expect(try Fixture.verifier(for: key).verify(token, at: Fixture.now).role == "authenticated")
    }
    let shared = try SigningKey(jwk: "{\(Self.oct),\"kid\":\"shared\"}")
    #expect(try shared.publicJWK() == nil)
    #expect(try shared.privateJWK() == nil)
    let keys = try KeySet(jwks: "{\"keys\":[{\(Self.oct),\"kid\":\"shared\"}]}")
    let verifier = try TokenVerifier(keys: keys, rules: Fixture.rules)
    let token = try shared.sign(claims: Fixture.claims.bytes.span)
    #expect(try verifier.verify(token, at: Fixture.now).role == "authenticated")
  }
}
