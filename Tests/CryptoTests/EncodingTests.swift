import Testing

@testable import Crypto

@Suite("Base64, base64url and hexadecimal")
struct EncodingTests {
  @Test(
    "the vectors of RFC 4648 §10 in both directions",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
      ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ]
  )
  func vectors(plain: String, encoded: String) {
    #expect(Base64.encode(plain.bytes.span) == encoded)
    #expect(Base64.decode(encoded.bytes.span) == plain.bytes)
    let unpadded = String(encoded.prefix { $0 != "=" })
    #expect(Base64URL.encode(plain.bytes.span) == unpadded)
    #expect(Base64URL.decode(unpadded.bytes.span) == plain.bytes)
  }

  @Test("all lengths and values survive the way there and back")
  func roundTrips() throws {
    for count in 0..<260 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
      #expect(Base64URL.decode(Base64URL.encode(bytes.span).bytes.span) == bytes)
      #expect(Base64.decode(Base64.encode(bytes.span).bytes.span) == bytes)
      #expect(Hex.decode(Hex.encode(bytes.span).bytes.span) == bytes)
    }
  }

  @Test("one text at most decodes to given bytes: of all four-letter endings, 64 for one byte")
  func isCanonical() {
    let alphabet = (0...255).map { UInt8($0) }
    var one = 0
    var two = 0
    for first in alphabet {
      for second in alphabet {
        if Base64URL.decode([first, second].span) != nil { one += 1 }
        if Base64URL.decode([0x41, first, second].span) != nil { two += 1 }
      }
    }
    #expect(one == 256)
    #expect(two == 64 * 16)
  }

  @Test(
    "base64url refuses other spellings",
    arguments: [
      "Zg==", "Zg=", "Zh", "Zm9=", "Zm-", "Z", "Zm9vY", "Zm9v\n", " Zm9v", "Zm 9v", "Zm+v", "Zm/v",
      "Zm9é", "Zm9v\u{0}", "Zm9vZm9", "====",
    ]
  )
  func refusesOtherSpellings(text: String) {
    #expect(Base64URL.decode(text.bytes.span) == nil)
  }

  @Test(
    "base64 refuses other spellings",
    arguments: [
      "Zg", "Zg=", "Zh==", "Zm9=", "Zm8", "=", "====", "Z===", "Zm9v====", "Zg==Zg==", "Zm-v",
      "Zm_v", "Zm9v\n", "Zm 9", "Z=9v",
    ]
  )
  func refusesOtherPaddedSpellings(text: String) {
    #expect(Base64.decode(text.bytes.span) == nil)
  }

  @Test("hexadecimal is written in lower case and read in both")
  func hexadecimal() {
    #expect(Hex.encode([0x00, 0xAB, 0xFF].span) == "00abff")
    #expect(Hex.decode("00aBFf".bytes.span) == [0x00, 0xAB, 0xFF])
    for text in ["0", "0g", "g0", "0x", " 0", "-1"] { #expect(Hex.decode(text.bytes.span) == nil) }
  }
}
