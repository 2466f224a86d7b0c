internal import COpenSSL

/// A number of OpenSSL's, overwritten when it goes.
struct BigNumber: ~Copyable {
  private let number: OpaquePointer

  private init(_ number: OpaquePointer) {
    self.number = number
  }

  /// Zero.
  init() throws(CryptoError) {
    number = try CryptoError.check(BN_secure_new(), "BN_new")
  }

  init(_ value: UInt) throws(CryptoError) {
    let result = try BigNumber()
    try CryptoError.check(BN_set_word(result.number, value), "BN_set_word")
    self = result
  }

  /// Big-endian.
  init(_ bytes: Span<UInt8>) throws(CryptoError) {
    let result = try BigNumber()
    let number = result.number
    let count = Int32(bytes.count)
    let filled = bytes.withUnsafeBufferPointer { BN_bin2bn($0.baseAddress, count, number) }
    guard filled != nil else { throw .fromLibrary("BN_bin2bn") }
    self = result
  }

  /// The prime of 3072 bits of RFC 3526 §4; half of it, rounded down, is prime too.
  static func prime3072() throws(CryptoError) -> BigNumber {
    BigNumber(try CryptoError.check(BN_get_rfc3526_prime_3072(nil), "BN_get_rfc3526_prime_3072"))
  }

  deinit { BN_clear_free(number) }

  var bitCount: Int { Int(BN_num_bits(number)) }

  /// Big-endian, with zeros in front up to `count`.
  func bytes(count: Int) throws(CryptoError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    guard BN_bn2binpad(number, &bytes, Int32(count)) == count else {
      throw .fromLibrary("BN_bn2binpad")
    }
    return bytes
  }

  func isBelow(_ other: borrowing BigNumber) -> Bool {
    BN_cmp(number, other.number) < 0
  }

  /// `self ^ exponent` modulo an odd `modulus`, in a time that tells nothing of the exponent.
  func power(
    _ exponent: borrowing BigNumber,
    modulo modulus: borrowing BigNumber
  ) throws(CryptoError) -> BigNumber {
    let result = try BigNumber()
    let scratch = try Scratch()
    let status = BN_mod_exp_mont_consttime(
      result.number,
      number,
      exponent.number,
      modulus.number,
      scratch.context,
      nil
    )
    try CryptoError.check(status, "BN_mod_exp_mont_consttime")
    return result
  }

  /// `self / divisor` modulo a prime.
  func divided(
    by divisor: borrowing BigNumber,
    modulo prime: borrowing BigNumber
  ) throws(CryptoError) -> BigNumber {
    let result = try BigNumber()
    let scratch = try Scratch()
    BN_set_flags(divisor.number, BN_FLG_CONSTTIME)
    guard BN_mod_inverse(result.number, divisor.number, prime.number, scratch.context) != nil else {
      throw .fromLibrary("BN_mod_inverse")
    }
    let status = BN_mod_mul(result.number, result.number, number, prime.number, scratch.context)
    try CryptoError.check(status, "BN_mod_mul")
    return result
  }
}

/// OpenSSL's room for values on the way.
private struct Scratch: ~Copyable {
  let context: OpaquePointer

  init() throws(CryptoError) {
    context = try CryptoError.check(BN_CTX_secure_new(), "BN_CTX_new")
  }

  deinit { BN_CTX_free(context) }
}
