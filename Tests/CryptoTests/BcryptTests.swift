import Testing

@testable import Crypto

@Suite("bcrypt")
struct BcryptTests {
  @Test(
    "published hashes are recognised, whatever their letter",
    arguments: [
      ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
      ("U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
      ("U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"),
      ("", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"),
      ("abc", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"),
    ]
  )
  func vectors(password: String, hash: String) throws {
    for letter in ["a", "b", "y"] {
      let spelled = "$2\(letter)" + hash.dropFirst(3)
      #expect(try Bcrypt.matches(password.bytes, spelled))
      #expect(try !Bcrypt.matches((password + "!").bytes, spelled))
    }
  }

  @Test("what is hashed is verified, with a fresh salt and the cost that was asked for")
  func hashes() throws {
    let password = "correct horse battery staple"
    let hashes = try (0..<4).map { _ in try Bcrypt.hash(password.bytes.span, cost: 4) }
    #expect(Set(hashes).count == 4)
    for hash in hashes {
      #expect(hash.hasPrefix("$2b$04$"))
      #expect(hash.utf8.count == 60)
      #expect(try Bcrypt.matches(password.bytes, hash))
      #expect(try !Bcrypt.matches("Correct horse battery staple".bytes, hash))
    }
    #expect(try Bcrypt.hash(password.bytes.span, cost: 5).hasPrefix("$2b$05$"))
    #expect(try Bcrypt.hash(password.bytes.span).hasPrefix("$2b$10$"))
  }

  @Test("72 bytes count, a 73rd is refused and matches nothing")
  func hasLimit() throws {
    let longest = String(repeating: "é", count: 36)
    let hash = try Bcrypt.hash(longest.bytes.span, cost: 4)
    #expect(try Bcrypt.matches(longest.bytes, hash))
    #expect(try !Bcrypt.matches(Array(longest.bytes.prefix(71)), hash))
    #expect(try !Bcrypt.matches((longest + "x").bytes, hash))
    #expect(throws: Bcrypt.Failure.passwordTooLong) {
      try Bcrypt.hash((longest + "x").bytes.span, cost: 4)
    }
  }

  @Test("a zero byte is refused and matches nothing")
  func refusesZeroByte() throws {
    let hash = try Bcrypt.hash("pass".bytes.span, cost: 4)
    #expect(try !Bcrypt.matches("pass\u{0}word".bytes, hash))
    #expect(throws: Bcrypt.Failure.passwordHasZeroByte) {
      try Bcrypt.hash("pass\u{0}word".bytes.span, cost: 4)
    }
  }

  @Test("each changed letter of a hash matches nothing", arguments: [7, 20, 29, 40, 59])
  func refusesChangedHash(index: Int) throws {
    var hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW".bytes
    hash[index] = hash[index] == UInt8(ascii: "x") ? UInt8(ascii: "z") : UInt8(ascii: "x")
    #expect(try !Bcrypt.matches("U*U".bytes, hash.text))
  }

  @Test(
    "what is no bcrypt hash is refused",
    arguments: [
      "", "*0", "*1", "x", "plain text", "$2a$",
      "$2$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4",
      "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
      "$2A$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
      "$2a$5$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeWx",
      "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
      "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeWW",
      "$2a$05$CCCCCCCCCCCCCCCCCCCC=.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
      "$2a$+5$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
      "$1$saltsalt$CCCCCCCCCCCCCCCCCCCCCC", "$6$saltsalt$CCCCCCCCCCCCCCCCCCCCCC",
      "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAA",
    ]
  )
  func refusesOtherHashes(hash: String) {
    #expect(throws: Bcrypt.Failure.unsupportedHash) {
      try Bcrypt.verify("U*U".bytes.span, against: hash)
    }
  }

  @Test("costs outside 4 to 16 are refused in both directions", arguments: [0, 3, 17, 31, 99])
  func refusesCosts(cost: Int) {
    let digits = cost < 10 ? "0\(cost)" : "\(cost)"
    #expect(throws: Bcrypt.Failure.unsupportedCost) {
      try Bcrypt.hash("U*U".bytes.span, cost: cost)
    }
    #expect(throws: Bcrypt.Failure.unsupportedCost) {
      try Bcrypt.verify(
        "U*U".bytes.span,
        against: "$2a$\(digits)$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
      )
    }
  }
}
