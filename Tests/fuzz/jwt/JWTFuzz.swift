import FoundationEssentials

@testable import Crypto

/// The first byte of an input says what the rest is; the rest is hostile. Whatever is found wrong
/// stops the process, which libFuzzer reports with the input.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  guard let kind = input.first else { return 0 }
  let rest = Array(input.dropFirst())
  MainActor.assumeIsolated {
    switch kind % 7 {
    case 0: Target.token(rest)
    case 1: Target.claims(rest)
    case 2: Target.header(rest)
    case 3: Target.encodings(rest)
    case 4: Target.json(rest)
    case 5: Target.keys(rest)
    default: Target.signature(rest)
    }
  }
  return 0
}

@MainActor
enum Target {
  static let now = 1_800_000_000
  static let issuer = "http://127.0.0.1:54321/auth/v1"
  static let secret = "a secret of the tests that has more than 32 bytes"
  static let goodClaims = """
    {"iss":"\(issuer)","sub":"6f1c0e9a-6d2f-4f43-9b0c-000000000010","aud":"authenticated",\
    "exp":\(now + 99),"iat":\(now),"role":"authenticated"}
    """
  static let signer = attempt { try SigningKey(secret: secret) }
  static let pair = attempt { try SigningKey(jwk: privateJWK) }
  static let verifier = attempt {
    try TokenVerifier(
      keys: KeySet(jwks: "{\"keys\":[\(pair.publicJWK() ?? "")]}", secret: secret),
      rules: TokenRules(issuer: issuer)
    )
  }
  static let privateJWK = """
    {"kty":"EC","crv":"P-256","kid":"es-1","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",\
    "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",\
    "d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}
    """

  /// A whole token. Nobody signed it, except the one that the corpus holds.
  static func token(_ token: [UInt8]) {
    guard (try? verifier.verify(token.span, at: now)) != nil else { return }
    let known = attempt { try signer.sign(claims: goodClaims.utf8.span) }
    precondition(token.elementsEqual(known.utf8), "a token was taken that nobody signed")
  }

  /// Claims, signed: whatever is taken must mean the same to another reader.
  static func claims(_ claims: [UInt8]) {
    let token = attempt { try signer.sign(claims: claims.span) }
    guard let taken = try? verifier.verify(token, at: now) else { return }
    precondition(taken.claims == claims)
    let read = attempt { try JSONDecoder().decode(Claims.self, from: Data(claims)) }
    precondition(read.role == taken.role)
    if let exp = read.exp { precondition(exp > Double(now - 30) && exp < 253_402_300_800) }
    precondition((read.nbf ?? 0) <= Double(now + 30) && (read.iat ?? 0) <= Double(now + 30))
    guard let user = taken.user else {
      precondition(read.sub == nil && ["anon", "service_role"].contains(read.role))
      return
    }
    precondition(read.role == "authenticated" && read.exp != nil && read.iat != nil)
    precondition(Array((read.iss ?? "").utf8) == Array(issuer.utf8))
    precondition(read.sub?.lowercased() == user.id && user.id.utf8.count == 36)
    precondition(read.audiences.contains { Array($0.utf8) == Array("authenticated".utf8) })
  }

  /// A header over good claims, signed with the secret: only a plain HS256 one is taken.
  static func header(_ header: [UInt8]) {
    let parts = "\(Base64URL.encode(header.span)).\(Base64URL.encode(goodClaims.utf8.span))"
    let signature = attempt { try signer.signature(over: parts.utf8.span) }
    let token = "\(parts).\(Base64URL.encode(signature.span))"
    guard (try? verifier.verify(token, at: now)) != nil else { return }
    let read = attempt { try JSONDecoder().decode(Header.self, from: Data(header)) }
    precondition(read.alg == "HS256" && [nil, "JWT", "at+jwt"].contains(read.typ))
    precondition(read.isPlain)
  }

  /// What is decoded is what would be encoded again.
  static func encodings(_ text: [UInt8]) {
    if let bytes = Base64URL.decode(text.span) {
      precondition(Base64URL.encode(bytes.span).utf8.elementsEqual(text))
    }
    if let bytes = Base64.decode(text.span) {
      precondition(Base64.encode(bytes.span).utf8.elementsEqual(text))
    }
    if let bytes = Hex.decode(text.span) {
      precondition(Hex.encode(bytes.span).utf8.count == text.count)
    }
    precondition(Base64URL.decode(Base64URL.encode(text.span).utf8.span) == text)
    precondition(Base64.decode(Base64.encode(text.span).utf8.span) == text)
    precondition(Hex.decode(Hex.encode(text.span).utf8.span) == text)
  }

  /// What this reader takes, another one takes, with the same members.
  static func json(_ text: [UInt8]) {
    guard let object = try? JSONObject(text) else { return }
    let names = attempt { try JSONDecoder().decode([String: Anything].self, from: Data(text)) }
    let ours = object.members.map { object.string($0.name) }
    precondition(Set(ours) == Set(names.keys))
    precondition(Set(ours.map { Array($0.utf8) }).count == ours.count, "a member is there twice")
    for member in object.members {
      if case .array(let range) = member.value { _ = attempt { try object.elements(at: range) } }
      if case .object(let range) = member.value { _ = attempt { try JSONObject(text, at: range) } }
    }
  }

  /// A key set or a key: read or refused. What can sign, signs for its public half.
  static func keys(_ text: [UInt8]) {
    let text = String(decoding: text, as: UTF8.self)
    _ = try? KeySet(jwks: text)
    guard let key = try? SigningKey(jwk: text), let jwk = try? key.publicJWK() else { return }
    let keys = attempt { try KeySet(jwks: "{\"keys\":[\(jwk)]}") }
    let verifier = attempt { try TokenVerifier(keys: keys, rules: TokenRules(issuer: issuer)) }
    let token = attempt { try key.sign(claims: goodClaims.utf8.span) }
    _ = attempt { try verifier.verify(token, at: now) }
  }

  /// The two forms of a signature turn into each other and into nothing else.
  static func signature(_ bytes: [UInt8]) {
    if let der = ECDSASignature.der(bytes.span) {
      precondition(ECDSASignature.joined(der.span) == bytes)
    }
    if let joined = ECDSASignature.joined(bytes.span) { precondition(joined.count == 64) }
    precondition((try? verifier.verify(goodParts + Base64URL.encode(bytes.span), at: now)) == nil)
  }

  private static let goodParts =
    "\(Base64URL.encode("{\"alg\":\"ES256\",\"kid\":\"es-1\"}".utf8.span))."
    + "\(Base64URL.encode(goodClaims.utf8.span))."

  private static func attempt<Result>(_ body: () throws -> Result) -> Result {
    do { return try body() } catch { preconditionFailure("\(error)") }
  }
}

private struct Anything: Decodable {
  init(from decoder: any Decoder) {}
}

private struct Header: Decodable {
  var alg: String?
  var typ: String?
  var kid: Anything?
  var crit: Anything?
  var jku: Anything?
  var jwk: Anything?
  var x5u: Anything?
  var x5c: Anything?
  var b64: Anything?

  var isPlain: Bool {
    kid == nil && crit == nil && jku == nil && jwk == nil && x5u == nil && x5c == nil && b64 == nil
  }
}

private struct Claims: Decodable {
  var iss: String?
  var sub: String?
  var role: String?
  var exp: Double?
  var iat: Double?
  var nbf: Double?
  var audiences: [String]

  enum CodingKeys: String, CodingKey { case iss, sub, role, exp, iat, nbf, aud }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    iss = try? values.decode(String.self, forKey: .iss)
    sub = try? values.decode(String.self, forKey: .sub)
    role = try? values.decode(String.self, forKey: .role)
    exp = try? values.decode(Double.self, forKey: .exp)
    iat = try? values.decode(Double.self, forKey: .iat)
    nbf = try? values.decode(Double.self, forKey: .nbf)
    let one = (try? values.decode(String.self, forKey: .aud)).map { [$0] }
    audiences = one ?? (try? values.decode([String].self, forKey: .aud)) ?? []
  }
}
