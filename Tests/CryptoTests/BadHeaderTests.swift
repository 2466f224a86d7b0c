import Testing

@testable import Crypto

/// Headers that must be refused although the token is signed well with the key that they mean.
/// `§` stands for what a good header has: `"alg":"ES256","kid":"es-1"`.
@Suite("Bad headers")
struct BadHeaderTests {
  static let algorithms = [
    "none", "None", "NONE", "nOnE", "none ", " none", "", " ", "ES256 ", " ES256", "es256", "Es256",
    "ES256\\u0000", "ES256\\n", "ES-256", "ES256K", "ES384", "ES512", "E\\u017f256", "HS256",
    "hs256",
    "HS384", "HS512", "HS1", "HS256/64", "RS256", "rs256", "RS1", "RS384", "RS512", "PS256",
    "PS384",
    "PS512", "EdDSA", "Ed25519", "ED25519", "Ed448", "RSA-OAEP", "RSA1_5", "A256KW", "A256GCM",
    "dir", "ECDH-ES", "PBES2-HS256+A128KW", "ES256,HS256", "ES256;none", "ES２56", "*", "null",
    "SHA256", "ecdsa-with-SHA256", "2.16.840.1.101.3.4.3.2",
    "http://www.w3.org/2000/09/xmldsig#sha1",
  ]

  static let algorithmValues = [
    "null", "true", "false", "0", "256", "[]", "[\"ES256\"]", "{}", "{\"ES256\":1}",
    "[[\"ES256\"]]",
    "[\"ES256\",\"none\"]",
  ]

  static let keyNames = [
    "", " ", "es-2", "ES-1", "Es-1", "es-1 ", " es-1", "es-1\\n", "es-1\\t", "es-10", "es-", "es_1",
    "es1", "es.1", "es+1", "es/1", "es\\\\1", "es:1", "es@1", "es=1", "es%2D1", "es&1", "es;1",
    "es'1",
    "es\\\"1", "es`1", "es$1", "es(1)", "es*", "es?", "es[1]", "es{1}", "es|1", "es~1", "es#1",
    "es!1",
    "es^1", "es,1", "es<1>", "../es-1", "../../dev/null", "/dev/null", "/etc/passwd",
    "file:///dev/null", "http://127.0.0.1/key", "C:\\\\key", "' or '1'='1", "es-1' --",
    "es-1'; drop table users; --", "es-1\\u0000", "\\u0000", "es\\u20101", "es\\u22121", "es‑1",
    "еs-1",
    "es-１", "es-1\\u200b", "\\ufeffes-1", "es-1\\ud83d\\ude00", "é", "null", "undefined", "0", "-1",
    "_", "-", "es-1.pub", "es-1,es-1", "$(id)", "`id`", "${jndi:ldap://127.0.0.1}", "%s%s%n",
    "\\r\\nX: y",
    String(repeating: "k", count: 65), String(repeating: "k", count: 64),
    String(repeating: "k", count: 4096), String(repeating: "es-1", count: 17),
  ]

  static let keyNameValues = [
    "null", "true", "false", "0", "1", "[]", "[\"es-1\"]", "{}", "{\"kid\":\"es-1\"}", "1.5",
  ]

  static let types = [
    "", " ", "jwt", "Jwt", "JWT ", " JWT", "JWTX", "JW", "JWS", "JWE", "JOSE", "JOSE+JSON",
    "at+JWT",
    "AT+JWT", "application/jwt", "application/at+jwt", "logout+jwt", "dpop+jwt", "secevent+jwt",
    "id_token+jwt", "refresh+jwt", "token-introspection+jwt", "oauth-authz-req+jwt", "kb+jwt",
    "vc+jwt",
    "passport", "JWT\\u0000", "at jwt", "at%2Bjwt", "ＪＷＴ", "null",
  ]

  static let typeValues = [
    "null", "true", "0", "[]", "[\"JWT\"]", "{}", "[\"JWT\",\"at+jwt\"]",
  ]

  static let forbidden = [
    "\"crit\":[]", "\"crit\":null", "\"crit\":[\"exp\"]", "\"crit\":[\"alg\"]",
    "\"crit\":[\"b64\"]",
    "\"crit\":[\"b64\"],\"b64\":true", "\"crit\":[\"b64\"],\"b64\":false", "\"crit\":\"exp\"",
    "\"crit\":{}", "\"cr\\u0069t\":[\"x\"],\"x\":1", "\"crit\":[\"http://127.0.0.1\"]",
    "\"b64\":false",
    "\"b64\":true", "\"b64\":null", "\"b64\":\"false\"", "\"b64\":0",
    "\"jku\":\"https://127.0.0.1/keys\"",
    "\"jku\":\"\"", "\"jku\":null", "\"jku\":[]", "\"jk\\u0075\":\"x\"",
    "\"x5u\":\"https://127.0.0.1/chain\"",
    "\"x5u\":null", "\"x5u\":\"file:///dev/null\"", "\"x5c\":[]", "\"x5c\":[\"MIIB\"]",
    "\"x5c\":null",
    "\"jwk\":{}", "\"jwk\":null", "\"jwk\":\"\"",
    "\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\(KeyTests.x)\",\"y\":\"\(KeyTests.y)\"}",
    "\"jwk\":{\"kty\":\"oct\",\"k\":\"\"}", "\"\\u006awk\":{}",
  ]

  /// Whole headers, as they stand.
  static let texts = [
    "", " ", "null", "true", "0", "\"ES256\"", "[]", "{}", "[§]", "[{§}]", "{§", "§}", "{{§}",
    "{§}}",
    "{§}{§}", "{§},", "{§}\\u0000", "\u{FEFF}{§}", "{§,}", "{,§}", "{§,,\"typ\":\"JWT\"}", "{§}//",
    "{§}/**/", "{§ \"typ\":\"JWT\"}", "{§;\"typ\":\"JWT\"}", "{§,\"typ\"}", "{§,\"typ\":}",
    "{§,\"typ\":JWT}", "{§,'typ':'JWT'}", "{§,typ:\"JWT\"}", "{\"alg\":\"ES256\"}",
    "{\"kid\":\"es-1\"}",
    "{\"ALG\":\"ES256\",\"kid\":\"es-1\"}", "{\"Alg\":\"ES256\",\"kid\":\"es-1\"}",
    "{\"alg \":\"ES256\",\"kid\":\"es-1\"}", "{\"alg\":\"ES256\",\"KID\":\"es-1\"}",
    "{\"header\":{§}}", "{\"typ\":\"JWT\"}", "{§,\"alg\":\"ES256\"}", "{§,\"alg\":\"none\"}",
    "{\"alg\":\"none\",§}", "{§,\"kid\":\"es-1\"}", "{§,\"kid\":\"es-2\"}", "{\"kid\":\"es-2\",§}",
    "{§,\"a\\u006cg\":\"none\"}", "{§,\"\\u0061lg\":\"ES256\"}", "{§,\"k\\u0069d\":\"es-1\"}",
    "{§,\"typ\":\"JWT\",\"typ\":\"JWT\"}", "{§,\"typ\":\"JWT\",\"t\\u0079p\":\"at+jwt\"}",
    "{§,\"x\":1,\"x\":1}", "{§,\"x\":{\"y\":1,\"y\":1}}", "{§,\"x\":[{\"y\":1,\"y\":2}]}",
    "{§,\"x\":01}",
    "{§,\"x\":1e999}", "{§,\"x\":NaN}", "{§,\"x\":\"\\uD800\"}", "{§,\"x\":\"\\u0000\"}",
    "{§,\"x\":\"\\x41\"}", "{§,\"x\":\"\t\"}", "{§,\"x\":[[[[[[]]]]]]}",
    "{§,\"x\":\(String(repeating: "[", count: 2000))\(String(repeating: "]", count: 2000))}",
    "{§,\((0..<20).map { "\"\($0)\":0" }.joined(separator: ","))}",
  ]

  static var headers: [String] {
    let alg = { (value: String) in "{\"alg\":\(value),\"kid\":\"es-1\"}" }
    let kid = { (value: String) in "{\"alg\":\"ES256\",\"kid\":\(value)}" }
    let typ = { (value: String) in "{§,\"typ\":\(value)}" }
    let quoted = { (text: String) in "\"\(text)\"" }
    return algorithms.map { alg(quoted($0)) } + algorithmValues.map(alg)
      + keyNames.map { kid(quoted($0)) } + keyNameValues.map(kid) + types.map { typ(quoted($0)) }
      + typeValues.map(typ) + forbidden.map { "{§,\($0)}" } + forbidden.map { "{\($0),§}" } + texts
  }

  @Test("none of the headers is taken, whatever else is right")
  func refuses() throws {
    let key = try SigningKey(jwk: Fixture.privateJWK)
    let verifier = try Fixture.verifier(for: key, secret: Fixture.secret)
    var taken: [String] = []
    for header in Self.headers {
      let text = header.replacing("§", with: "\"alg\":\"ES256\",\"kid\":\"es-1\"")
      let token = try Forge.token(header: text, claims: Fixture.claims, key: key)
      if (try? verifier.verify(token, at: Fixture.now)) != nil { taken.append(header) }
    }
    #expect(taken.isEmpty)
    #expect(Set(Self.headers).count == Self.headers.count)
    #expect(Self.headers.count >= 250)
  }

  @Test(
    "good headers are taken, so that the bad ones are refused for what is bad",
    arguments: [
      "{§}", " {\n§ } ", "{§,\"typ\":\"JWT\"}", "{§,\"typ\":\"at+jwt\"}", "{§,\"cty\":\"JWT\"}",
      "{§,\"x5t\":\"\"}", "{\"k\\u0069d\":\"es\\u002d1\",\"alg\":\"ES256\"}",
      "{§,\"x\":{\"y\":[1,2]}}",
    ]
  )
  func takes(header: String) throws {
    let key = try SigningKey(jwk: Fixture.privateJWK)
    let text = header.replacing("§", with: "\"alg\":\"ES256\",\"kid\":\"es-1\"")
    let token = try Forge.token(header: text, claims: Fixture.claims, key: key)
    #expect(try Fixture.verifier(for: key).verify(token, at: Fixture.now).user?.id == Fixture.user)
  }
}
