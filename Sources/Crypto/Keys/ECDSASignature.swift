/// Between JOSE's form of a P-256 signature, r ‖ s in 64 bytes (RFC 7518 §3.4), and OpenSSL's DER.
enum ECDSASignature {
  /// The order of P-256's group.
  private static let order: [UInt8] = [
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
  ]

  /// Nil unless it has 64 bytes and r and s are both in 1…n−1.
  static func der(_ signature: Span<UInt8>) -> [UInt8]? {
    guard signature.count == 64 else { return nil }
    var der: [UInt8] = [0x30, 0]
    der.reserveCapacity(72)
    for start in [0, 32] {
      let number = signature.extracting(start..<start + 32)
      guard let first = number.indices.first(where: { number[$0] != 0 }), isBelowOrder(number)
      else { return nil }
      // A DER integer is signed: a leading zero keeps it positive.
      let padding = number[first] >= 0x80 ? 1 : 0
      der += [0x02, UInt8(32 - first + padding)]
      if padding == 1 { der.append(0) }
      for index in first..<32 { der.append(number[index]) }
    }
    der[1] = UInt8(der.count - 2)
    return der
  }

  /// 64 bytes from what OpenSSL wrote, nil when it is not that.
  static func joined(_ der: Span<UInt8>) -> [UInt8]? {
    guard der.count >= 8, der[0] == 0x30, Int(der[1]) == der.count - 2 else { return nil }
    var joined: [UInt8] = []
    var position = 2
    for _ in 0..<2 {
      guard position + 2 <= der.count, der[position] == 0x02 else { return nil }
      let end = position + 2 + Int(der[position + 1])
      guard end <= der.count else { return nil }
      var start = position + 2
      while start < end, der[start] == 0 { start += 1 }
      guard end - start <= 32 else { return nil }
      joined += [UInt8](repeating: 0, count: 32 - (end - start))
      for index in start..<end { joined.append(der[index]) }
      position = end
    }
    return position == der.count ? joined : nil
  }

  private static func isBelowOrder(_ number: Span<UInt8>) -> Bool {
    for index in number.indices where number[index] != order[index] {
      return number[index] < order[index]
    }
    return false
  }
}
