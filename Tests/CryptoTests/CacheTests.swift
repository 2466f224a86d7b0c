import Testing

@testable import Crypto

@Suite("Verified tokens are remembered")
struct CacheTests {
  /// SIEVE as its paper has it, over a plain list: what the cache must do, written the slow way.
  struct Model {
    var capacity: Int
    /// Newest first.
    var entries: [(key: Int, wasUsed: Bool)] = []
    var hand: Int?

    mutating func contains(_ key: Int) -> Bool {
      guard let place = entries.firstIndex(where: { $0.key == key }) else { return false }
      entries[place].wasUsed = true
      return true
    }

    mutating func insert(_ key: Int) {
      if entries.count == capacity {
        var place = entries.firstIndex { $0.key == hand } ?? entries.count - 1
        while entries[place].wasUsed {
          entries[place].wasUsed = false
          place = place == 0 ? entries.count - 1 : place - 1
        }
        hand = place == 0 ? nil : entries[place - 1].key
        entries.remove(at: place)
      }
      entries.insert((key, false), at: 0)
    }
  }

  static func key(_ number: Int) throws -> SHA256Digest {
    let hasher = try SHA256Hasher()
    try hasher.update("\(number)".utf8.span)
    return try hasher.finish()
  }

  static func token(_ number: Int, expiry: Int? = nil, size: Int = 10) -> JSONWebToken {
    let claims = "\(number)".bytes + [UInt8](repeating: 0x20, count: size)
    return JSONWebToken(bearer: .anon, expiry: expiry, claims: Array(claims.prefix(size)))
  }

  @Test("it holds exactly what SIEVE holds, over 20,000 random uses", arguments: [1, 2, 3, 8, 50])
  func evicts(capacity: Int) throws {
    var cache = TokenCache(capacity: capacity, byteLimit: .max)
    var model = Model(capacity: capacity)
    var generator = SystemRandomNumberGenerator()
    let keys = try (0..<capacity * 3).map(Self.key)
    for _ in 0..<20_000 {
      // Skewed: low numbers are used far more often than high ones.
      let number = min(
        Int.random(in: 0..<keys.count, using: &generator),
        Int.random(in: 0..<keys.count, using: &generator)
      )
      let found = cache.token(for: keys[number], at: 0)
      #expect((found != nil) == model.contains(number))
      if found == nil {
        cache.insert(Self.token(number), validFrom: 0, for: keys[number], at: 0)
        model.insert(number)
      } else {
        #expect(found == Self.token(number))
      }
      #expect(cache.count == model.entries.count)
    }
  }

  @Test("tokens seen once do not drive out those in use")
  func resistsScans() throws {
    var cache = TokenCache(capacity: 100, byteLimit: .max)
    let hot = try (0..<50).map(Self.key)
    for key in hot { cache.insert(Self.token(0), validFrom: 0, for: key, at: 0) }
    for round in 0..<1000 {
      for key in hot { #expect(cache.token(for: key, at: 0) != nil) }
      let cold = try Self.key(1000 + round)
      cache.insert(Self.token(1), validFrom: 0, for: cold, at: 0)
    }
  }

  @Test("an entry dies at exp, and is not used before it counts")
  func ends() throws {
    var cache = TokenCache(capacity: 10, byteLimit: .max)
    let key = try Self.key(1)
    cache.insert(Self.token(1, expiry: 100), validFrom: 50, for: key, at: 60)
    #expect(cache.token(for: key, at: 49) == nil)
    #expect(cache.token(for: key, at: 50) != nil)
    #expect(cache.token(for: key, at: 99) != nil)
    #expect(cache.count == 1)
    #expect(cache.token(for: key, at: 100) == nil)
    #expect(cache.count == 0)
    cache.insert(Self.token(1, expiry: 100), validFrom: 50, for: key, at: 100)
    #expect(cache.count == 0)
  }

  @Test("entries that are past exp are evicted even when they were in use")
  func evictsTheDead() throws {
    var cache = TokenCache(capacity: 2, byteLimit: .max)
    let keys = try (0..<3).map(Self.key)
    cache.insert(Self.token(0, expiry: 100), validFrom: 0, for: keys[0], at: 0)
    cache.insert(Self.token(1), validFrom: 0, for: keys[1], at: 0)
    #expect(cache.token(for: keys[0], at: 99) != nil)
    cache.insert(Self.token(2), validFrom: 0, for: keys[2], at: 100)
    #expect(cache.token(for: keys[0], at: 99) == nil)
    #expect(cache.token(for: keys[1], at: 100) != nil)
  }

  @Test("its bytes are bounded too")
  func boundsBytes() throws {
    var cache = TokenCache(capacity: 1000, byteLimit: 100)
    for number in 0..<1000 {
      cache.insert(Self.token(number, size: 30), validFrom: 0, for: try Self.key(number), at: 0)
      #expect(cache.count <= 3)
    }
    #expect(cache.count == 3)
    cache.insert(Self.token(1, size: 101), validFrom: 0, for: try Self.key(5000), at: 0)
    #expect(cache.count == 3)
    #expect(cache.token(for: try Self.key(5000), at: 0) == nil)
    var none = TokenCache(capacity: 0, byteLimit: 100)
    none.insert(Self.token(1), validFrom: 0, for: try Self.key(1), at: 0)
    #expect(none.count == 0)
  }

  @Test("tokens that are refused never enter, however many")
  func refusesAreNotRemembered() throws {
    let key = try SigningKey.generate()
    let verifier = try Fixture.verifier(for: key)
    let token = try key.sign(claims: Fixture.claims.bytes.span)
    for number in 0..<2000 {
      #expect(throws: TokenError.self) { try verifier.verify("\(token)\(number)", at: Fixture.now) }
    }
    #expect(verifier.rememberedCount == 0)
    let expired = try key.sign(claims: Fixture.claims.bytes.span)
    #expect(throws: TokenError.expired) { try verifier.verify(expired, at: Fixture.now + 3631) }
    #expect(verifier.rememberedCount == 0)
  }

  @Test("a remembered token dies when it does")
  func rememberedTokensExpire() throws {
    let key = try SigningKey.generate()
    let verifier = try Fixture.verifier(for: key)
    let token = try key.sign(claims: Fixture.claims.bytes.span)
    for offset in [0, 1, 3599, 3600, 3629] {
      #expect(try verifier.verify(token, at: Fixture.now + offset).user?.id == Fixture.user)
      #expect(verifier.rememberedCount == (offset < 3600 ? 1 : 0))
    }
    #expect(throws: TokenError.expired) { try verifier.verify(token, at: Fixture.now + 3630) }
    #expect(throws: TokenError.notYetValid) { try verifier.verify(token, at: Fixture.now - 31) }
  }

  @Test("a clock that is set back does not make a remembered token count too early")
  func clockMayGoBack() throws {
    let key = try SigningKey.generate()
    let verifier = try Fixture.verifier(for: key)
    let token = try key.sign(claims: Fixture.claims.bytes.span)
    _ = try verifier.verify(token, at: Fixture.now)
    #expect(throws: TokenError.notYetValid) { try verifier.verify(token, at: Fixture.now - 31) }
    #expect(try verifier.verify(token, at: Fixture.now - 30).role == "authenticated")
  }

  @Test("keys rotate without a refused token, and a removed key is dead at once")
  func rotates() throws {
    let old = try SigningKey.generate()
    let next = try SigningKey.generate()
    let both = try "{\"keys\":[\(old.publicJWK() ?? ""),\(next.publicJWK() ?? "")]}"
    let onlyNext = try "{\"keys\":[\(next.publicJWK() ?? "")]}"
    let verifier = try Fixture.verifier(for: old)
    let oldTokens = try (0..<20).map { _ in try old.sign(claims: Fixture.claims.bytes.span) }
    let nextTokens = try (0..<20).map { _ in try next.sign(claims: Fixture.claims.bytes.span) }
    func count(_ tokens: [String]) -> Int {
      tokens.count { (try? verifier.verify($0, at: Fixture.now)) != nil }
    }
    #expect([count(oldTokens), count(nextTokens)] == [20, 0])
    verifier.replaceKeys(with: try KeySet(jwks: both))
    #expect(verifier.rememberedCount == 0)
    #expect([count(oldTokens), count(nextTokens)] == [20, 20])
    #expect(verifier.rememberedCount == 40)
    verifier.replaceKeys(with: try KeySet(jwks: onlyNext))
    #expect([count(oldTokens), count(nextTokens)] == [0, 20])
  }

  @Test("the number of remembered tokens is bounded")
  func isBounded() throws {
    let key = try SigningKey(secret: Fixture.secret)
    let verifier = try Fixture.verifier(secret: Fixture.secret, capacity: 16)
    for number in 0..<200 {
      let token = try key.sign(claims: "{\"role\":\"anon\",\"n\":\(number)}".bytes.span)
      for _ in 0..<2 { #expect(try verifier.verify(token, at: Fixture.now).role == "anon") }
      #expect(verifier.rememberedCount == min(number + 1, 16))
    }
  }
}
