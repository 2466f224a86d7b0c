import Testing

@testable import Crypto

@Suite("Tokens that are taken")
struct TokenTests {
  @Test("a user's token says who it is and hands on its claims byte for byte")
  func readsUser() throws {
    let key = try SigningKey.generate()
    let verifier = try Fixture.verifier(for: key)
    let token = try verifier.verify(
      key.sign(claims: Fixture.claims.bytes.span),
      at: Fixture.now
    )
    #expect(token.role == "authenticated")
    #expect(
      token.user
        == JSONWebToken.User(
          id: Fixture.user,
          sessionID: Fixture.session,
          email: "somebody@example.com",
          isAnonymous: false
        )
    )
    #expect(token.expiry == Fixture.now + 3600)
    #expect(token.claims == Fixture.claims.bytes)
  }

  @Test("a token of the shared secret needs no kid")
  func takesSharedSecret() throws {
    let key = try SigningKey(secret: Fixture.secret)
    let verifier = try Fixture.verifier(secret: Fixture.secret)
    let token = try key.sign(claims: Fixture.claims.bytes.span)
    #expect(try verifier.verify(token, at: Fixture.now).user?.id == Fixture.user)
    #expect(throws: TokenError.unknownKey) {
      try Fixture.verifier(for: .generate()).verify(token, at: Fixture.now)
    }
  }

  @Test("API keys are taken by signature and role alone", arguments: ["anon", "service_role"])
  func takesKeys(role: String) throws {
    for claims in [
      "{\"role\":\"\(role)\"}",
      "{\"iss\":\"supabase-demo\",\"role\":\"\(role)\",\"iat\":1,\"exp\":\(Fixture.now + 9)}",
      "{\"aud\":\"elsewhere\",\"role\":\"\(role)\",\"ref\":\"project\"}",
    ] {
      let key = try SigningKey(secret: Fixture.secret)
      let token = try Fixture.verifier(secret: Fixture.secret).verify(
        key.sign(claims: claims.bytes.span),
        at: Fixture.now
      )
      #expect(token.role == role)
      #expect(token.bearer == (role == "anon" ? .anon : .serviceRole))
      #expect(token.user == nil)
      #expect(token.claims == claims.bytes)
    }
  }

  @Test("an API key's dates count when it has them, and it speaks for nobody")
  func limitsKeys() throws {
    let key = try SigningKey(secret: Fixture.secret)
    let verifier = try Fixture.verifier(secret: Fixture.secret)
    let cases: [(String, TokenError)] = [
      ("{\"role\":\"service_role\",\"exp\":\(Fixture.now - 31)}", .expired),
      ("{\"role\":\"service_role\",\"exp\":\"never\"}", .claim("exp")),
      ("{\"role\":\"service_role\",\"nbf\":\(Fixture.now + 31)}", .notYetValid),
      ("{\"role\":\"service_role\",\"iat\":\(Fixture.now + 31)}", .notYetValid),
      ("{\"role\":\"service_role\",\"sub\":\"\(Fixture.user)\"}", .claim("sub")),
      ("{\"role\":\"anon\",\"sub\":null}", .claim("sub")),
    ]
    for (claims, error) in cases {
      let token = try key.sign(claims: claims.bytes.span)
      #expect(throws: error) { try verifier.verify(token, at: Fixture.now) }
    }
  }

  @Test("optional claims may be missing, and identifiers come in lower case")
  func readsSparseUser() throws {
    let claims = """
      {"iss":"\(Fixture.issuer)","sub":"\(Fixture.user.uppercased())","aud":["x","authenticated"],\
      "exp":\(Fixture.now + 60).5,"iat":\(Fixture.now)e0,"role":"\\u0061uthenticated","email":"",\
      "is_anonymous":true}
      """
    let key = try SigningKey.generate()
    let token = try Fixture.verifier(for: key).verify(
      key.sign(claims: claims.bytes.span, type: "at+jwt"),
      at: Fixture.now
    )
    #expect(
      token.user
        == JSONWebToken.User(id: Fixture.user, sessionID: nil, email: nil, isAnonymous: true)
    )
    #expect(token.expiry == Fixture.now + 60)
  }

  @Test(
    "clocks may be 30 seconds apart and no more",
    arguments: [
      ("exp", -29, true), ("exp", -30, false), ("exp", -31, false), ("nbf", 30, true),
      ("nbf", 31, false), ("iat", 30, true), ("iat", 31, false),
    ]
  )
  func hasLeeway(claim: String, offset: Int, isTaken: Bool) throws {
    var dates = ["exp": Fixture.now + 60, "iat": Fixture.now, "nbf": Fixture.now]
    dates[claim] = Fixture.now + offset
    let members = dates.map { "\"\($0)\":\($1)" }.joined(separator: ",")
    let claims = """
      {"iss":"\(Fixture.issuer)","sub":"\(Fixture.user)","aud":"authenticated",\
      "role":"authenticated",\(members)}
      """
    let key = try SigningKey.generate()
    let verifier = try Fixture.verifier(for: key)
    let token = try key.sign(claims: claims.bytes.span)
    if isTaken {
      #expect(try verifier.verify(token, at: Fixture.now).user?.id == Fixture.user)
    } else {
      #expect(throws: claim == "exp" ? TokenError.expired : .notYetValid) {
        try verifier.verify(token, at: Fixture.now)
      }
    }
  }
}
