import Testing

@testable import Crypto

/// Claims that must be refused although the token is signed well.
@Suite("Bad claims")
struct BadClaimsTests {
  static let now = Fixture.now

  /// Values that are neither a date nor a text.
  static let oddValues = ["null", "true", "false", "[]", "{}", "[[]]", "{\"a\":1}"]

  /// Member, and the values that make a user's token bad. `-` stands for leaving it out.
  static let values: [(member: String, values: [String])] = [
    (
      "exp",
      oddValues + [
        "-", "\"\(now + 99)\"", "[\(now + 99)]", "-1", "-0.5", "-1e9", "0", "1", "\(now - 30)",
        "\(now - 31)", "\(now - 30).9", "\(now - 1_000_000)", "1e400", "1e308", "1e12",
        "253402300800",
        "\(now)000", "9223372036854775807", "9223372036854775808", "18446744073709551616",
        "99999999999999999999999999", "1e-400", "NaN", "Infinity", "0x7fffffff", "1_900_000_000",
        "\"never\"", "+\(now + 99)", "0\(now + 99)", "\(now + 99).", "1.9e", "19e+", "\"\"",
        "1.8e-9",
        "\"2099-01-01T00:00:00Z\"",
      ]
    ),
    (
      "iat",
      oddValues + [
        "-", "\"\(now)\"", "[\(now)]", "-1", "-1e-9", "\(now + 31)", "\(now + 30).1", "\(now)000",
        "1e400", "1e308", "253402300800", "9223372036854775808", "NaN", "\"\"", "\"now\"",
        "0\(now)",
      ]
    ),
    (
      "nbf",
      oddValues + [
        "\"\(now)\"", "[\(now)]", "-1", "\(now + 31)", "\(now + 30).5", "\(now + 1_000_000)",
        "1e400",
        "1e12", "253402300800", "\(now)000", "\"\"", "NaN", "0\(now)",
      ]
    ),
    (
      "aud",
      oddValues + [
        "-", "\"\"", "\"other\"", "\"Authenticated\"", "\"authenticated \"", "\" authenticated\"",
        "\"authenticated\\u0000\"", "\"authenticated,other\"", "\"authenticate\"",
        "\"authenticatedd\"",
        "\"anon\"", "\"*\"", "\"аuthenticated\"", "[\"other\"]", "[\"other\",\"another\"]",
        "[\"\"]",
        "[[\"authenticated\"]]", "{\"authenticated\":true}", "[\"authenticated\",null]",
        "[\"authenticated\",1]", "[null,\"authenticated\"]", "[\"authenticated\",[]]", "1",
        "[\"authenticated\",{}]", "[\"AUTHENTICATED\"]", "[\"authenticated\",true]",
      ]
    ),
    (
      "iss",
      oddValues + [
        "-", "\"\"", "\"other\"", "\"\(Fixture.issuer)/\"", "\"\(Fixture.issuer) \"",
        "\"\(Fixture.issuer)?\"", "\"\(Fixture.issuer)#\"", "\"\(Fixture.issuer.dropLast())\"",
        "\"HTTP://127.0.0.1:54321/auth/v1\"", "\"http://127.0.0.1:54321/AUTH/v1\"",
        "\"https://127.0.0.1:54321/auth/v1\"", "\"http://127.0.0.1:54322/auth/v1\"",
        "\"http://127.0.0.1/auth/v1\"", "\"http://localhost:54321/auth/v1\"",
        "\"127.0.0.1:54321/auth/v1\"",
        "\"http://127.0.0.1:54321/auth/v1\\u0000\"", "\"//127.0.0.1:54321/auth/v1\"", "1",
        "[\"\(Fixture.issuer)\"]", "\"http://127.0.0.1:54321/auth/v1/../v1\"", "\"supabase\"",
        "\"http://127.0.0.1:54321/auth/v１\"", "\"http://user@127.0.0.1:54321/auth/v1\"",
      ]
    ),
    (
      "sub",
      oddValues + [
        "-", "\"\"", "\" \"", "1", "\"1\"", "\"admin\"", "\"somebody@example.com\"",
        "\"\(Fixture.user) \"", "\" \(Fixture.user)\"", "\"\(Fixture.user)\\n\"",
        "\"\(Fixture.user)\\u0000\"", "\"{\(Fixture.user)}\"", "\"urn:uuid:\(Fixture.user)\"",
        "\"\(Fixture.user.replacing("-", with: ""))\"", "\"\(Fixture.user.dropLast())\"",
        "\"\(Fixture.user)0\"", "\"\(Fixture.user.dropLast())g\"",
        "\"\(Fixture.user.dropLast())é\"",
        "\"\(Fixture.user.replacing("-", with: "_"))\"",
        "\"\(Fixture.user.replacing("-", with: "−"))\"",
        "\"-6f1c0e9a6d2f-4f43-9b0c-00000000001\"", "[\"\(Fixture.user)\"]",
        "\"' or true -- ------------------------\"", "\"------------------------------------\"",
        "\"６f1c0e9a-6d2f-4f43-9b0c-0000000010\"",
      ]
    ),
    (
      "role",
      oddValues + [
        "-", "\"\"", "1", "\"user\"", "\"admin\"", "\"Authenticated\"", "\"AUTHENTICATED\"",
        "\"authenticated \"", "\"authenticated\\u0000\"", "\"supabase_admin\"", "\"postgres\"",
        "\"edge\"", "\"edge_user\"", "\"edge_service\"", "\"authenticator\"", "\"auth_admin\"",
        "\"root\"",
        "\"Service_Role\"", "\"service-role\"", "\"service_role \"", "\"none\"", "\"public\"",
        "\"anonymous\"", "[\"authenticated\"]", "[\"service_role\"]",
        "\"authenticated,service_role\"",
        "\"anon\"", "\"service_role\"", "\"authenticated;set role postgres\"",
      ]
    ),
    (
      "session_id",
      oddValues + [
        "\"\"", "1", "\"1\"", "\"\(Fixture.session) \"", "\"\(Fixture.session.dropLast())\"",
        "[\"\(Fixture.session)\"]", "\"\(Fixture.session)0\"", "\"{\(Fixture.session)}\"",
      ]
    ),
    ("email", ["null", "true", "1", "[]", "{}", "[\"somebody@example.com\"]"]),
    ("is_anonymous", ["null", "1", "0", "\"true\"", "\"false\"", "\"\"", "[]", "{}", "[true]"]),
  ]

  /// What a good user's token holds, in this order.
  static let good: [(String, String)] = [
    ("iss", "\"\(Fixture.issuer)\""), ("sub", "\"\(Fixture.user)\""), ("aud", "\"authenticated\""),
    ("exp", "\(now + 99)"), ("iat", "\(now)"), ("role", "\"authenticated\""),
  ]

  /// Whole claims; `§` stands for the members of a good token.
  static let texts = [
    "", " ", "null", "true", "1", "\"§\"", "[]", "{}", "[{§}]", "{§", "§}", "{{§}}", "{§}}",
    "{§}{§}",
    "{§}{}", "{§} x", "{§},", "{§}\\u0000", "\u{FEFF}{§}", "{§,}", "{,§}", "{§,,\"a\":1}", "{§}//",
    "{§ \"a\":1}", "{§;\"a\":1}", "{§,\"a\"}", "{§,\"a\":}", "{§,\"a\":b}", "{§,'a':1}", "{§,a:1}",
    "{§,\"a\":[1,]}", "{§,\"a\":{,}}", "{§,\"a\":01}", "{§,\"a\":1.}", "{§,\"a\":.1}",
    "{§,\"a\":+1}",
    "{§,\"a\":1e}", "{§,\"a\":1e309}", "{§,\"a\":1e-99999}", "{§,\"a\":tru}", "{§,\"a\":\"\\u12\"}",
    "{§,\"a\":\"\\ud800\"}", "{§,\"a\":\"\\udfff\"}", "{§,\"a\":\"\\u0000\"}", "{§,\"\\u0000\":1}",
    "{§,\"a\":\"\n\"}", "{§,\"a\":\"\\q\"}", "{§,\"a\":1,\"a\":1}",
    "{§,\"sub\":\"\(Fixture.session)\"}",
    "{\"sub\":\"\(Fixture.session)\",§}", "{§,\"s\\u0075b\":\"\(Fixture.session)\"}",
    "{§,\"role\":\"service_role\"}", "{\"role\":\"service_role\",§}", "{§,\"exp\":\(now + 99)}",
    "{§,\"\\u0065xp\":\(now + 99)}", "{§,\"a\":{\"b\":1,\"b\":2}}",
    "{§,\"a\":[[{\"b\":1,\"b\":2}]]}",
    "{§,\"a\":\(String(repeating: "[", count: 32))\(String(repeating: "]", count: 32))}",
    "{§,\((0..<300).map { "\"\($0)\":0" }.joined(separator: ","))}", "{\"claims\":{§}}",
    "{\"payload\":\"{§}\"}",
  ]

  static var claims: [String] {
    let members = good.map { "\"\($0)\":\($1)" }.joined(separator: ",")
    let changed = values.flatMap { member, values in
      values.map { value in
        let others = good.filter { $0.0 != member }.map { "\"\($0)\":\($1)" }
        let own = value == "-" ? [] : ["\"\(member)\":\(value)"]
        return "{\((others + own).joined(separator: ","))}"
      }
    }
    let misspelled = good.map { name, value in
      "{\(members.replacing("\"\(name)\":\(value)", with: "\"\(name.uppercased())\":\(value)"))}"
    }
    let keys = [
      "{\"role\":\"anon\",\"sub\":\"\(Fixture.user)\"}", "{\"role\":\"anon\",\"sub\":\"\"}",
      "{\"role\":\"anon\",\"sub\":null}", "{\"role\":\"anon\",\"s\\u0075b\":1}",
      "{\"role\":\"service_role\",\"exp\":\(now - 30)}", "{\"role\":\"service_role\",\"exp\":null}",
      "{\"role\":\"service_role\",\"nbf\":\(now + 31)}",
      "{\"role\":\"service_role\",\"iat\":\"1\"}",
      "{\"role\":\"anon\",\"iat\":\(now + 31)}", "{\"role\":\"anon\",\"role\":\"anon\"}",
      "{\"role\":\"anon\",\"r\\u006fle\":\"service_role\"}", "{\"role\":[\"anon\"]}",
      "{\"Role\":\"anon\"}",
      "{\"iss\":\"supabase\"}",
    ]
    // A role that is none must not pass for an API key either, which needs no other claim.
    let roles = values.first { $0.member == "role" }?.values ?? []
    let otherRoles = roles.filter { !["-", "\"anon\"", "\"service_role\""].contains($0) }
      .map { "{\"role\":\($0)}" }
    return changed + misspelled + keys + otherRoles + texts.map { $0.replacing("§", with: members) }
  }

  @Test("none of the claims is taken, however well they are signed")
  func refuses() throws {
    let key = try SigningKey(secret: Fixture.secret)
    let verifier = try Fixture.verifier(secret: Fixture.secret)
    var taken: [String] = []
    for claims in Self.claims {
      let token = try key.sign(claims: claims.bytes.span)
      if (try? verifier.verify(token, at: Self.now)) != nil { taken.append(claims) }
    }
    #expect(taken.isEmpty)
    #expect(Set(Self.claims).count == Self.claims.count)
    #expect(Self.claims.count >= 250)
  }

  @Test(
    "good claims are taken, so that the bad ones are refused for what is bad",
    arguments: [
      "{§}", " { § } ", "{§,\"a\":{\"b\":[1,{\"b\":1}]}}", "{§,\"nbf\":\(now + 30)}",
      "{§,\"email\":\"\"}",
      "{§,\"session_id\":\"\(Fixture.session)\"}", "{§,\"is_anonymous\":true,\"jti\":\"1\"}",
      "{§,\"x\":1e308,\"X\":-1.5E-300}", "{§,\"a\":\"\\ud83d\\ude00\"}",
    ]
  )
  func takes(claims: String) throws {
    let members = Self.good.map { "\"\($0)\":\($1)" }.joined(separator: ",")
    let key = try SigningKey(secret: Fixture.secret)
    let token = try key.sign(claims: claims.replacing("§", with: members).bytes.span)
    let verifier = try Fixture.verifier(secret: Fixture.secret)
    #expect(try verifier.verify(token, at: Self.now).user?.id == Fixture.user)
  }
}
