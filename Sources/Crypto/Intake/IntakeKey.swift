/// A key pair for what is to be sealed by those who may not open it: PostgreSQL's `pgp_pub_encrypt`
/// seals to its public half (OpenPGP, RFC 4880, with ElGamal over the group of RFC 3526 §4).
///
/// It is derived from a secret, so that no further one has to be kept.
package final class IntakeKey {
  private static let label = "streamvibe intake key 1"
  /// Bytes of the group's prime.
  private static let size = 384
  private static let elGamal: UInt8 = 16
  private static let aes256: UInt8 = 9

  /// 512 bits: in this group an exponent of 256 is as strong as the group.
  private let exponent: SecretBytes

  /// - Parameter secret: 32 random bytes or more; the caller wipes its own copy.
  package init(derivedFrom secret: Span<UInt8>) throws(CryptoError) {
    let derivation = try HMACSHA256(key: secret)
    var exponent: [UInt8] = []
    for block: UInt8 in 1...2 {
      try derivation.update(Self.label.utf8.span)
      exponent += try derivation.authenticate([block].span)
    }
    exponent[0] |= 0x80
    self.exponent = SecretBytes(exponent.span)
    wipe(&exponent)
  }

  /// A packet that holds the key (RFC 4880 §5.5.2), as a subkey: pgcrypto takes no other. The same
  /// each time.
  package func publicKey() throws(CryptoError) -> [UInt8] {
    let prime = try BigNumber.prime3072()
    let generator = try BigNumber(2)
    let element = try generator.power(secretExponent(), modulo: prime)
    var body: [UInt8] = [4, 0, 0, 0, 0, Self.elGamal]
    try OpenPGP.append(prime, to: &body)
    try OpenPGP.append(generator, to: &body)
    try OpenPGP.append(element, to: &body)
    return OpenPGP.packet(tag: .publicSubkey, body)
  }

  /// What a message says that was sealed to this key with AES-256 and without compression; the
  /// caller wipes it.
  ///
  /// - Throws: `authenticationFailed` for whatever else.
  package func open(_ message: Span<UInt8>) throws(CryptoError) -> [UInt8] {
    var packets = OpenPGPReader(message)
    guard let key = packets.next(), key.tag == .sessionKey,
      let sealed = packets.next(), sealed.tag == .sealedData, packets.isAtEnd
    else { throw .authenticationFailed }
    var sessionKey = try sessionKey(key.body)
    defer { wipe(&sessionKey) }
    var plain = try OpenPGP.open(sealed.body, sessionKey: sessionKey)
    defer { wipe(&plain) }
    var inner = OpenPGPReader(plain.span)
    guard let literal = inner.next(), literal.tag == .literal, inner.isAtEnd,
      let text = OpenPGP.content(ofLiteral: literal.body)
    else { throw .authenticationFailed }
    return text
  }

  /// RFC 4880 §5.1 and §13.1.
  private func sessionKey(_ body: [UInt8]) throws(CryptoError) -> [UInt8] {
    // A version, the key's id, an algorithm, then the two numbers.
    guard body.count > 10, body[0] == 3, body[9] == Self.elGamal else {
      throw .authenticationFailed
    }
    var rest = body[10...]
    guard let first = OpenPGP.number(&rest), let second = OpenPGP.number(&rest), rest.isEmpty
    else { throw .authenticationFailed }
    let prime = try BigNumber.prime3072()
    let element = try BigNumber(first.span)
    let masked = try BigNumber(second.span)
    guard element.bitCount > 1, element.isBelow(prime), masked.isBelow(prime) else {
      throw .authenticationFailed
    }
    let shared = try element.power(secretExponent(), modulo: prime)
    var encoded = try masked.divided(by: shared, modulo: prime).bytes(count: Self.size)
    defer { wipe(&encoded) }
    // 0, 2, at least eight bytes that are not zero, 0, the algorithm, the key, its sum.
    let start = Self.size - 35
    guard encoded[0] == 0, encoded[1] == 2, encoded[2..<start - 1].allSatisfy({ $0 != 0 }),
      encoded[start - 1] == 0, encoded[start] == Self.aes256
    else { throw .authenticationFailed }
    let key = Array(encoded[start + 1..<start + 33])
    let sum = key.reduce(0) { $0 &+ UInt16($1) }
    guard UInt16(encoded[start + 33]) << 8 | UInt16(encoded[start + 34]) == sum else {
      throw .authenticationFailed
    }
    return key
  }

  private func secretExponent() throws(CryptoError) -> BigNumber {
    var bytes = exponent.withBytes { Array($0) }
    defer { wipe(&bytes) }
    return try BigNumber(bytes.span)
  }
}
