import Testing

@testable import Crypto

@Suite("SHA-2 and HMAC")
struct HashTests {
  /// FIPS 180 examples: message, SHA-256, SHA-384, SHA-512.
  static let digests: [(message: [UInt8], sha256: String, sha384: String, sha512: String)] = [
    (
      "abc".bytes,
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
        + "8086072ba1e7cc2358baeca134c825a7",
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
    ),
    (
      [],
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
        + "274edebfe76f65fbd51ad2f14898b95b",
      "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
        + "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
    ),
    (
      [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
      "9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b"
        + "07b8b3dc38ecc4ebae97ddd87f3d8985",
      "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
        + "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b"
    ),
  ]

  @Test("the examples of FIPS 180", arguments: digests.indices)
  func computesDigests(index: Int) throws {
    let (message, sha256, sha384, sha512) = Self.digests[index]
    #expect(try SHA2.sha256(message.span).hexadecimal == sha256)
    #expect(try SHA2.sha384(message.span).hexadecimal == sha384)
    #expect(try SHA2.sha512(message.span).hexadecimal == sha512)
    let hasher = try SHA256Hasher()
    for _ in 0..<2 {
      for start in stride(from: 0, to: message.count, by: 1000) {
        try hasher.update(message.span.extracting(start..<min(start + 1000, message.count)))
      }
      #expect(try hasher.finish().bytes.hexadecimal == sha256)
    }
  }

  /// RFC 4231 §4: key, message, HMAC-SHA-256.
  static let codes: [(key: [UInt8], message: [UInt8], code: String)] = [
    (
      [UInt8](repeating: 0x0B, count: 20), "Hi There".bytes,
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    (
      "Jefe".bytes, "what do ya want for nothing?".bytes,
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
    (
      [UInt8](repeating: 0xAA, count: 20), [UInt8](repeating: 0xDD, count: 50),
      "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
    ),
    (
      (1...25).map { UInt8($0) }, [UInt8](repeating: 0xCD, count: 50),
      "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
    ),
    (
      [UInt8](repeating: 0xAA, count: 131),
      "Test Using Larger Than Block-Size Key - Hash Key First".bytes,
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
    (
      [UInt8](repeating: 0xAA, count: 131),
      """
      This is a test using a larger than block-size key and a larger than block-size data. The \
      key needs to be hashed before being used by the HMAC algorithm.
      """.bytes,
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
    ),
  ]

  @Test(
    "the vectors of RFC 4231, whole, in pieces and with the key reused",
    arguments: codes.indices
  )
  func computesCodes(index: Int) throws {
    let (key, message, code) = Self.codes[index]
    let hmac = try HMACSHA256(key: key.span)
    for _ in 0..<3 {
      #expect(try hmac.authenticate(message.span).hexadecimal == code)
      for byte in message { try hmac.update([byte].span) }
      #expect(try hmac.finish().hexadecimal == code)
    }
  }

  @Test("a code is valid whole and for its message alone")
  func validity() throws {
    let hmac = try HMACSHA256(key: Fixture.secret.bytes.span)
    let code = try hmac.authenticate("message".bytes.span)
    #expect(try hmac.accepts(code, for: "message"))
    #expect(try !hmac.accepts(code, for: "massage"))
    #expect(try !hmac.accepts(Array(code.prefix(31)), for: "message"))
    #expect(try !hmac.accepts(code + [0], for: "message"))
    #expect(try !hmac.accepts([], for: "message"))
    #expect(try hmac.accepts(code, for: "message"))
  }

  @Test("an empty key is refused")
  func refusesEmptyKey() {
    #expect(throws: CryptoError.invalidKey("an HMAC key is empty")) {
      try HMACSHA256(key: [UInt8]().span)
    }
  }
}
