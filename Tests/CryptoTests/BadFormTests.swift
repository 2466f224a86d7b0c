import Testing

@testable import Crypto

/// Tokens whose header and claims are good, in a form that is not.
@Suite("Bad forms and signatures")
struct BadFormTests {
  let key: SigningKey
  let verifier: TokenVerifier
  let header: String
  let claims: String
  let signature: [UInt8]

  init() throws {
    key = try SigningKey(jwk: Fixture.privateJWK)
    verifier = try Fixture.verifier(for: key, secret: Fixture.secret)
    let parts = try key.sign(claims: Fixture.claims.bytes.span).split(separator: ".").map(
      String.init
    )
    header = parts[0]
    claims = parts[1]
    signature = try #require(decoded(parts[2]))
  }

  private func isTaken(_ token: String) -> Bool {
    (try? verifier.verify(token, at: Fixture.now)) != nil
  }

  @Test("what is not three parts of canonical base64url is refused")
  func refusesForms() throws {
    let end = Forge.encode(signature)
    let token = "\(header).\(claims).\(end)"
    #expect(isTaken(token))
    var forms = [
      "", ".", "..", "...", "....", " ", "null", "{}", header, "\(header).\(claims)",
      "\(header).\(claims).", ".\(claims).\(end)", "\(header)..\(end)", "..\(end)", "\(header)..",
      "\(token).", ".\(token)", "\(token).\(end)", "\(token)..", "\(token).\(token)",
      "\(token)\(token)",
      "\(token),\(token)", "\(token) \(token)", "Bearer \(token)", "bearer \(token)",
      "JWT \(token)",
      "\"\(token)\"", "'\(token)'", "<\(token)>", "\(token)=", "\(token)==", "\(token)\u{0}",
      "\(token)\n", "\(token)\r\n", "\(token)\t", "\(token) ", " \(token)", "\n\(token)",
      "\u{FEFF}\(token)", "\(token)é", "\(token)#", "\(token)?x=1", "\(token)&", "\(token);",
      "\(token)%00",
      "\(header)=.\(claims).\(end)", "\(header).\(claims)=.\(end)", "\(header).\(claims)==.\(end)",
      "\(header) .\(claims).\(end)", "\(header). \(claims).\(end)", "\(header).\(claims) .\(end)",
      "\(header)\n.\(claims).\(end)", "\(header).\(claims).\n\(end)", "\(header)|\(claims)|\(end)",
      "\(header):\(claims):\(end)", "\(header)．\(claims).\(end)", "\(claims).\(header).\(end)",
      "\(end).\(header).\(claims)", "\(header).\(header).\(end)", "\(claims).\(claims).\(end)",
      "\(header).\(claims).\(header)", "\(header).\(claims).\(claims)", token.uppercased(),
      token.lowercased(), String(token.reversed()), "\(header)A.\(claims).\(end)",
      "\(header)AAAA.\(claims).\(end)", "\(header).\(claims)AAAA.\(end)", "A\(token)", "\(token)A",
      "\(token)AA", "\(token)AAAA", "e30.e30.\(end)", "e30.\(claims).\(end)",
      "\(header).e30.\(end)",
      "{\"payload\":\"\(claims)\",\"protected\":\"\(header)\",\"signature\":\"\(end)\"}",
      "\(header).\(claims).\(end)" + String(repeating: "A", count: 8192),
      String(repeating: ".", count: 8192), String(repeating: "A", count: 8192),
      String(repeating: "\(token)", count: 40),
    ]
    // Letters of base64 that base64url does not have, and the spare bits of a last letter.
    forms += ["+", "/", "=", "*", "~", "\u{7F}", "\u{80}"].flatMap { letter in
      [
        "\(header.dropLast())\(letter).\(claims).\(end)",
        "\(header).\(claims.dropLast())\(letter).\(end)",
        "\(header).\(claims).\(end.dropLast())\(letter)",
      ]
    }
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    forms += letters.map { "\(header).\(claims).\(end.dropLast())\($0)" }.filter { $0 != token }
    #expect(forms.filter(isTaken).isEmpty)
    #expect(Set(forms).count == forms.count)
    #expect(forms.count >= 160)
  }

  @Test("the signed parts too are read in one spelling only, padded or with spare bits")
  func refusesSignedSpellings() throws {
    for text in ["{\"alg\":\"ES256\",\"kid\":\"es-1\"}", "{\"alg\":\"ES256\",\"kid\":\"es-1\"} "] {
      let plain = Forge.encode(text)
      var spellings = ["\(plain)=", "\(plain)==", "\(plain)\n", " \(plain)", "\(plain)A"]
      if plain.utf8.count % 4 != 0 {
        let last = try #require(decoded("AAA\(plain.last ?? "A")")).last ?? 0
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        let other = letters[letters.index(letters.startIndex, offsetBy: Int(last | 1))]
        spellings.append("\(plain.dropLast())\(other)")
      }
      #expect(isTaken(try Forge.token(parts: "\(plain).\(claims)", key: key)))
      for spelling in spellings {
        #expect(!isTaken(try Forge.token(parts: "\(spelling).\(claims)", key: key)))
      }
    }
    for spelling in ["\(claims)=", "\(claims)\n", "\(claims)A", " \(claims)", "\(claims)==", ""] {
      #expect(!isTaken(try Forge.token(parts: "\(header).\(spelling)", key: key)))
    }
  }

  @Test("8,192 bytes are read, one more is not")
  func hasLengthLimit() throws {
    let secretKey = try SigningKey(secret: Fixture.secret)
    func token(padding: Int) throws -> String {
      let pad = String(repeating: " ", count: padding)
      return try secretKey.sign(claims: "{\"role\":\"anon\"\(pad)}".bytes.span)
    }
    let exact = try (6000..<6200).map(token).filter { $0.utf8.count == TokenVerifier.lengthLimit }
    let longer = try (6000..<6200).map(token).filter { $0.utf8.count > TokenVerifier.lengthLimit }
    #expect(isTaken(try #require(exact.first)))
    #expect(longer.count > 10)
    for token in longer {
      #expect(throws: TokenError.tooLong) { try verifier.verify(token, at: Fixture.now) }
    }
  }

  @Test("no signature but the right one is taken")
  func refusesSignatures() throws {
    let order = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
    let prime = hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff")
    let zero = [UInt8](repeating: 0, count: 32)
    let one = zero.dropLast() + [1]
    let ones = [UInt8](repeating: 0xFF, count: 32)
    let below = order.dropLast() + [0x50]
    let above = order.dropLast() + [0x52]
    let r = Array(signature.prefix(32))
    let s = Array(signature.suffix(32))
    let edges = [zero, Array(one), Array(below), order, Array(above), prime, ones, r, s]
    var bad = edges.flatMap { first in edges.map { first + $0 } }.filter { $0 != signature }
    bad += (0..<512).map { bit in
      var changed = signature
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      return changed
    }
    bad += (0..<64).map { Array(signature.prefix($0)) }
    bad += [
      signature + [0], [0] + signature, signature + signature, r + [0] + s, [0] + r + [0] + s,
      Array(signature.reversed()), try #require(der(signature)),
      try ForeignSigner.generate("EC").sign("\(header).\(claims)".bytes),
      try ForeignSigner.code(
        "\(header).\(claims)".bytes,
        secret: Fixture.secret.bytes,
        digest: "SHA256"
      ),
      try key.signature(over: "\(header).".bytes.span), try key.signature(over: claims.bytes.span),
      try key.signature(over: "\(header).\(claims).".bytes.span),
      try key.signature(over: Fixture.claims.bytes.span),
    ]
    let taken = bad.filter { isTaken("\(header).\(claims).\(Forge.encode($0))") }
    #expect(taken.isEmpty)
    #expect(isTaken("\(header).\(claims).\(Forge.encode(signature))"))
  }

  /// (r, n − s) belongs to the same message: ECDSA allows it and JWS does not forbid it. It names the
  /// same claims, so nothing is gained by it; tokens are never told apart by their signature.
  @Test("the mirrored signature is the one other that is right")
  func takesMirroredSignature() throws {
    let order = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
    var mirrored = Array(signature.suffix(32))
    var borrow = 0
    for index in mirrored.indices.reversed() {
      let difference = Int(order[index]) - Int(mirrored[index]) - borrow
      borrow = difference < 0 ? 1 : 0
      mirrored[index] = UInt8((difference + 256) % 256)
    }
    #expect(isTaken("\(header).\(claims).\(Forge.encode(signature.prefix(32) + mirrored))"))
  }

  @Test("a shared secret that anybody could know signs nothing")
  func refusesGuessedSecrets() throws {
    let publicJWK = try #require(try key.publicJWK())
    let object = try JSONObject(publicJWK.bytes)
    let point = try JSONWebKey(object, for: "verify").point()
    let guesses: [[UInt8]] = [
      [], [0], [UInt8](repeating: 0, count: 32), publicJWK.bytes, "{\"keys\":[\(publicJWK)]}".bytes,
      point,
      Array(point.dropFirst()), point.hexadecimal.bytes, KeyTests.x.bytes, KeyTests.y.bytes,
      "es-1".bytes,
      "secret".bytes, "super-secret-jwt-token-with-at-least-32-characters-long".bytes,
      Fixture.issuer.bytes, Fixture.secret.uppercased().bytes, "\(Fixture.secret)\n".bytes,
    ]
    for header in [
      "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", "{\"alg\":\"HS256\",\"kid\":\"es-1\",\"typ\":\"JWT\"}",
    ] {
      let message = "\(Forge.encode(header)).\(claims)"
      for guess in guesses {
        let code = try ForeignSigner.code(message.bytes, secret: guess, digest: "SHA256")
        #expect(!isTaken("\(message).\(Forge.encode(code))"))
      }
      let code = try ForeignSigner.code(
        message.bytes,
        secret: Fixture.secret.bytes,
        digest: "SHA256"
      )
      #expect(isTaken("\(message).\(Forge.encode(code))") == !header.contains("kid"))
      #expect(!isTaken("\(message).\(Forge.encode(Array(code.prefix(31))))"))
      #expect(!isTaken("\(message).\(Forge.encode(code + [0]))"))
    }
  }
}
