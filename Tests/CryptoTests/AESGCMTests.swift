import Testing

@testable import Crypto

@Suite("AES-256-GCM")
struct AESGCMTests {
  static let key = hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")
  static let nonce = hex("cafebabefacedbaddecaf888")
  static let message = hex(
    """
    d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525\
    b16aedf5aa0de657ba637b391aafd255
    """
  )

  /// Test cases 13 to 16 of the proposal of GCM that SP 800-38D took up.
  static let vectors:
    [(key: [UInt8], nonce: [UInt8], message: [UInt8], data: [UInt8], sealed: String)] =
      [
        (
          [UInt8](repeating: 0, count: 32), [UInt8](repeating: 0, count: 12), [], [],
          "530f8afbc74536b9a963b4f1c4cb738b"
        ),
        (
          [UInt8](repeating: 0, count: 32), [UInt8](repeating: 0, count: 12),
          [UInt8](repeating: 0, count: 16), [],
          "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"
        ),
        (
          key, nonce, message, [],
          "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
            + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
            + "b094dac5d93471bdec1a502270e3cc6c"
        ),
        (
          key, nonce, Array(message.prefix(60)), hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
          "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
            + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
            + "76fc6ece0f4e1768cddf8853bb2d551b"
        ),
      ]

  @Test("the published test cases", arguments: vectors.indices)
  func agrees(index: Int) throws {
    let (key, nonce, message, data, expected) = Self.vectors[index]
    let cipher = try AESGCM(key: key.span)
    let sealed = try cipher.seal(message.span, context: data.span, nonce: nonce)
    #expect(sealed.hexadecimal == nonce.hexadecimal + expected)
    #expect(try cipher.open(sealed.span, context: data.span) == message)
  }

  @Test("each changed bit, each cut and each other context is refused")
  func refusesChanges() throws {
    let cipher = try AESGCM(key: Self.key.span)
    let context = "secrets|1|refresh_token".bytes
    let sealed = try cipher.seal("a refresh token".bytes.span, context: context.span)
    #expect(try cipher.open(sealed.span, context: context.span).text == "a refresh token")
    for bit in 0..<sealed.count * 8 {
      var changed = sealed
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: CryptoError.authenticationFailed) {
        try cipher.open(changed.span, context: context.span)
      }
    }
    for count in 0..<sealed.count {
      #expect(throws: CryptoError.authenticationFailed) {
        try cipher.open(sealed.span.extracting(..<count), context: context.span)
      }
    }
    for other in ["", "secrets|2|refresh_token", "secrets|1|refresh_token "] {
      #expect(throws: CryptoError.authenticationFailed) {
        try cipher.open(sealed.span, context: other.bytes.span)
      }
    }
    let otherKey = try Random.bytes(32)
    let stranger = try AESGCM(key: otherKey.span)
    #expect(throws: CryptoError.authenticationFailed) {
      try stranger.open(sealed.span, context: context.span)
    }
  }

  @Test("the same message never looks the same twice")
  func usesFreshNonces() throws {
    let cipher = try AESGCM(key: Self.key.span)
    let empty: [UInt8] = []
    let sealed = try (0..<1000).map { _ in
      try cipher.seal("same".bytes.span, context: empty.span)
    }
    #expect(Set(sealed.map { Array($0.prefix(12)) }).count == 1000)
    #expect(Set(sealed.map { Array($0.dropFirst(12)) }).count == 1000)
    #expect(sealed.allSatisfy { $0.count == 4 + 28 })
  }

  @Test("a key has 32 bytes", arguments: [0, 16, 24, 31, 33, 64])
  func refusesOtherKeys(count: Int) {
    #expect(throws: CryptoError.self) {
      try AESGCM(key: [UInt8](repeating: 1, count: count).span)
    }
  }
}
