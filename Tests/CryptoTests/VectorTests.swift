import Testing

@testable import Crypto

/// The examples of the JOSE documents. Their payloads are no claims of ours, so signatures are
/// checked by the key and the whole token is checked to be refused for what it says, not how.
@Suite("The examples of RFC 7515, 7519, 7520, 7638 and 7797")
struct VectorTests {
  struct Example: Sendable {
    let name: String
    let jwk: String
    let message: String
    let signature: String
  }

  static let claims =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
  static let sharedKey =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
  static let poem =
    "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB"
    + "0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUg"
    + "eW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4"

  static let examples = [
    Example(
      name: "RFC 7515 A.1, which is also RFC 7519 §3.1",
      jwk: "{\"kty\":\"oct\",\"k\":\"\(sharedKey)\"}",
      message: "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\(claims)",
      signature: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    ),
    Example(
      name: "RFC 7515 A.2",
      jwk: """
        {"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQ\
        p-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_\
        7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3q\
        Co5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuX\
        poQ"}
        """,
      message: "eyJhbGciOiJSUzI1NiJ9.\(claims)",
      signature: """
        cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5\
        jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb\
        1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QO\
        YEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw
        """
    ),
    Example(
      name: "RFC 7515 A.3",
      jwk: """
        {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",\
        "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
        """,
      message: "eyJhbGciOiJFUzI1NiJ9.\(claims)",
      signature:
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    ),
    Example(
      name: "RFC 7520 §4.1",
      jwk: """
        {"kty":"RSA","use":"sig","e":"AQAB","n":"n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHV\
        TeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5y\
        dQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg\
        8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iai\
        Qkqgc5gHdrNP5zw"}
        """,
      message:
        "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.\(poem)",
      signature: """
        MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xugl\
        II7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x\
        8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE\
        _oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg
        """
    ),
    Example(
      name: "RFC 7520 §4.4",
      jwk: """
        {"kty":"oct","kid":"018c0ae5-4d9b-471b-bfd6-eef314bc7037","use":"sig","alg":"HS256",\
        "k":"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg"}
        """,
      message: """
        eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9.\(poem)
        """,
      signature: "s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0"
    ),
  ]

  @Test("each signature belongs to its message and to no other", arguments: examples.indices)
  func verifies(index: Int) throws {
    let example = Self.examples[index]
    let object = try JSONObject(example.jwk.bytes)
    let key = try VerificationKey(JSONWebKey(object, for: "verify"))
    let signature = try #require(decoded(example.signature))
    #expect(try key.accepts(signature, for: example.message))
    #expect(try !key.accepts(signature, for: example.message + "A"))
    for bit in 0..<signature.count * 8 {
      var changed = signature
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(try !key.accepts(changed, for: example.message))
    }
    #expect(try !key.accepts([], for: example.message))
    #expect(try !key.accepts(Array(signature.dropLast()), for: example.message))
    #expect(try !key.accepts(signature + [0], for: example.message))
    #expect(try key.accepts(signature, for: example.message))
  }

  @Test("what the private key of RFC 7515 A.3 signs, its public key verifies")
  func signs() throws {
    let key = try SigningKey(jwk: Fixture.privateJWK)
    let keys = try KeySet(jwks: "{\"keys\":[\(try #require(try key.publicJWK()))]}")
    let verifier = try TokenVerifier(keys: keys, rules: Fixture.rules)
    for _ in 0..<50 {
      let token = try key.sign(claims: Fixture.claims.bytes.span)
      #expect(try verifier.verify(token, at: Fixture.now).user?.id == Fixture.user)
    }
  }

  static let refused: [(token: String, error: TokenError)] = [
    (  // RFC 7515 A.5 and RFC 7519 §6.1
      "eyJhbGciOiJub25lIn0.\(claims).", .header("alg")
    ),
    (  // RFC 7515 A.4
      "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-"
        + "mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vc"
        + "nwNrmxYbSW9ERBXukOXolLzeO_Jn",
      .header("alg")
    ),
    (  // RFC 7515 E
      "eyJhbGciOiJub25lIiwNCiAiY3JpdCI6WyJodHRwOi8vZXhhbXBsZS5jb20vVU5ERUZJTkVEIl0sDQogImh0dHA6Ly9l"
        + "eGFtcGxlLmNvbS9VTkRFRklORUQiOnRydWUNCn0.RkFJTA.",
      .header("crit")
    ),
    (  // RFC 7797 §4.2
      "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19..A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4Y"
        + "LPff6dmDY",
      .header("crit")
    ),
    (  // RFC 7520 §4.1, whose kid has letters that are not allowed
      "\(examples[3].message).\(examples[3].signature)", .header("kid")
    ),
    (  // RFC 7519 §3.1: well signed, but without a role
      "\(examples[0].message).\(examples[0].signature)", .claim("role")
    ),
    (  // RFC 7520 §4.4: well signed, but no claims
      "\(examples[4].message).\(examples[4].signature)", .json(.syntax(offset: 0))
    ),
  ]

  @Test(
    "what the documents show as unsecured, of other algorithms or with extensions is refused",
    arguments: refused
  )
  func refuses(token: String, error: TokenError) throws {
    let jwks = "{\"keys\":[\(Self.examples[0].jwk),\(Self.examples[4].jwk)]}"
    let verifier = try TokenVerifier(keys: KeySet(jwks: jwks), rules: Fixture.rules)
    #expect(throws: error) { try verifier.verify(token, at: 1_300_000_000) }
  }

  @Test("a new key is named by its thumbprint")
  func namesKeys() throws {
    let key = try SigningKey.generate()
    let object = try JSONObject(try #require(try key.publicJWK()).bytes)
    var members: [String] = []
    for name: StaticString in ["crv", "kty", "x", "y"] {
      guard case .string(let text)? = object[name] else { continue }
      members.append("\"\(name)\":\"\(object.string(text))\"")
    }
    let text = "{\(members.joined(separator: ","))}"
    let thumbprint = try SHA2.sha256(text.bytes.span)
    #expect(members.count == 4)
    #expect(key.keyID == Base64URL.encode(thumbprint.span))
  }
}
