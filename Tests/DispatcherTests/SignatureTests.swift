import Testing

@testable import dispatcher

private func hexadecimal(_ digest: InlineArray<32, UInt8>) -> String {
  digest.indices.map { index in
    let digits = String(digest[index], radix: 16)
    return digits.count == 1 ? "0\(digits)" : digits
  }.joined()
}

@Suite("SHA-256")
struct SHA256Tests {
  @Test(
    "gives the digests of FIPS 180-4's examples",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      (
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopq"
          + "klmnopqrlmnopqrsmnopqrstnopqrstu",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
      ),
    ]
  )
  func examples(text: String, digest: String) {
    var hash = SHA256()
    hash.update(text.utf8)
    #expect(hexadecimal(hash.finish()) == digest)
  }

  @Test("gives the digest of a million letters, however they are cut")
  func long() {
    var hash = SHA256()
    for size in [1, 63, 64, 65, 127, 129, 999_551] {
      hash.update(repeatElement(UInt8(ascii: "a"), count: size))
    }
    #expect(
      hexadecimal(hash.finish())
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    )
  }
}

@Suite("HMAC-SHA-256")
struct MessageKeyTests {
  /// RFC 4231 §4.2–4.8, without the one that is cut short.
  @Test(
    "gives the codes of RFC 4231",
    arguments: [
      (
        [UInt8](repeating: 0x0B, count: 20), Array("Hi There".utf8),
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
      ),
      (
        Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
      ),
      (
        [UInt8](repeating: 0xAA, count: 20), [UInt8](repeating: 0xDD, count: 50),
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
      ),
      (
        Array(1...25), [UInt8](repeating: 0xCD, count: 50),
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
      ),
      (
        [UInt8](repeating: 0xAA, count: 131),
        Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
      ),
      (
        [UInt8](repeating: 0xAA, count: 131),
        Array(
          ("This is a test using a larger than block-size key and a larger than block-size data. "
            + "The key needs to be hashed before being used by the HMAC algorithm.").utf8
        ),
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
      ),
    ]
  )
  func vectors(key: [UInt8], message: [UInt8], code: String) {
    let made = MessageKey(key).code(of: message)
    #expect(hexadecimal(made) == code)
  }

  @Test("changes with one bit of the key or the message")
  func differs() {
    let codes = [
      MessageKey(Array("key".utf8)).code(of: Array("text".utf8)),
      MessageKey(Array("kez".utf8)).code(of: Array("text".utf8)),
      MessageKey(Array("key".utf8)).code(of: Array("texu".utf8)),
    ].map(hexadecimal)
    #expect(Set(codes).count == 3)
  }
}

@Suite("The client's seal")
struct ClientSealTests {
  @Test("names the address and the second, and signs both")
  func seals() throws {
    var seal = ClientSeal(key: Array("secret".utf8))
    let address = try #require(AddressText("203.0.113.7"))
    let value = String(decoding: seal.seal(address, now: 1_700_000_000), as: UTF8.self)
    let code = MessageKey(Array("secret".utf8)).code(of: Array("203.0.113.7;t=1700000000".utf8))
    #expect(value == "203.0.113.7;t=1700000000;v1=\(hexadecimal(code))")
  }

  @Test("is made anew for another second and another client, and only then")
  func isFresh() throws {
    var seal = ClientSeal(key: Array("secret".utf8))
    let one = try #require(AddressText("203.0.113.7"))
    let other = try #require(AddressText("2001:db8::1"))
    let first = seal.seal(one, now: 1)
    #expect(seal.seal(one, now: 1) == first)
    #expect(seal.seal(other, now: 1) != first)
    #expect(seal.seal(one, now: 2) != first)
    #expect(seal.seal(one, now: 1) == first)
  }
}

extension AddressText {
  init?(_ text: String) {
    var text = text
    guard let address = text.withUTF8({ AddressText(UnsafeRawBufferPointer($0)) }) else {
      return nil
    }
    self = address
  }
}
