internal import CCrypt
internal import COpenSSL

/// bcrypt through libxcrypt. Takes tens of milliseconds of CPU: never on the loop.
package enum Bcrypt {
  /// Why no hash was made.
  package enum Failure: Error, Equatable, Sendable {
    /// bcrypt reads 72 bytes and would ignore the rest in silence.
    case passwordTooLong
    /// bcrypt would stop at the zero byte in silence.
    case passwordHasZeroByte
    /// Outside 4…16: below is no protection, above would occupy a core for seconds.
    case unsupportedCost
    /// Not of the form `$2a$`, `$2b$` or `$2y$`, two digits of cost, 53 letters.
    case unsupportedHash
    /// libxcrypt or the random generator refused.
    case library
  }

  /// Bytes of a password that count.
  package static let passwordLimit = 72

  private static let costs = 4...16
  private static let hashLength = 60
  private static let saltLength = 16

  /// A hash of the form `$2b$…` with a fresh salt, 60 letters.
  package static func hash(
    _ password: Span<UInt8>,
    cost: Int = 10
  ) throws(Failure) -> String {
    guard costs.contains(cost) else { throw .unsupportedCost }
    guard let salt = try? Random.bytes(saltLength) else { throw .library }
    var setting = [CChar](repeating: 0, count: Int(CRYPT_GENSALT_OUTPUT_SIZE))
    let saltBytes = salt.map { CChar(bitPattern: $0) }
    let made = crypt_gensalt_rn(
      "$2b$",
      UInt(cost),
      saltBytes,
      Int32(saltBytes.count),
      &setting,
      Int32(setting.count)
    )
    guard made != nil else { throw .library }
    return String(decoding: try crypt(password, setting: setting), as: UTF8.self)
  }

  /// Whether the hash was made from this password, in the same time for a right and a wrong one.
  ///
  /// A password that `hash` would refuse matches nothing. Costs over 16 are refused.
  package static func verify(
    _ password: Span<UInt8>,
    against hash: String
  ) throws(Failure) -> Bool {
    let expected = Array(hash.utf8)
    guard isWellFormed(expected) else { throw .unsupportedHash }
    guard costs.contains(cost(of: expected)) else { throw .unsupportedCost }
    do {
      let setting = expected.map { CChar(bitPattern: $0) } + [0]
      let computed = try crypt(password, setting: setting)
      return constantTimeEqual(computed.span, expected.span)
    } catch .passwordTooLong, .passwordHasZeroByte {
      return false
    }
  }

  /// Whether `verify` can compare with it: of the right form, and of a cost that is taken.
  package static func isSupported(_ hash: String) -> Bool {
    let hash = Array(hash.utf8)
    return isWellFormed(hash) && costs.contains(cost(of: hash))
  }

  private static func crypt(
    _ password: Span<UInt8>,
    setting: [CChar]
  ) throws(Failure) -> [UInt8] {
    guard password.count <= passwordLimit else { throw .passwordTooLong }
    // Both hold the password afterwards: libxcrypt's 32 KB of state and the terminated copy.
    let state = UnsafeMutablePointer<crypt_data>.allocate(capacity: 1)
    let phrase = UnsafeMutablePointer<CChar>.allocate(capacity: passwordLimit + 1)
    memset(state, 0, MemoryLayout<crypt_data>.size)
    defer {
      OPENSSL_cleanse(state, MemoryLayout<crypt_data>.size)
      OPENSSL_cleanse(phrase, passwordLimit + 1)
      state.deallocate()
      phrase.deallocate()
    }
    for index in password.indices {
      guard password[index] != 0 else { throw .passwordHasZeroByte }
      phrase[index] = CChar(bitPattern: password[index])
    }
    phrase[password.count] = 0
    let result = crypt_rn(phrase, setting, state, Int32(MemoryLayout<crypt_data>.size))
    guard let result, result[0] != CChar(UInt8(ascii: "*")) else { throw .unsupportedHash }
    return (0..<strlen(result)).map { UInt8(bitPattern: result[$0]) }
  }

  private static func isWellFormed(_ hash: [UInt8]) -> Bool {
    guard hash.count == hashLength else { return false }
    let prefixes = ["$2a$", "$2b$", "$2y$"].map { Array($0.utf8) }
    guard prefixes.contains(Array(hash[0..<4])), hash[6] == UInt8(ascii: "$") else { return false }
    return hash[4..<6].allSatisfy(isDigit) && hash[7...].allSatisfy(isLetter)
  }

  private static func cost(of hash: [UInt8]) -> Int {
    Int(hash[4] - UInt8(ascii: "0")) * 10 + Int(hash[5] - UInt8(ascii: "0"))
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "."), UInt8(ascii: "/"):
      true
    default: isDigit(byte)
    }
  }
}
