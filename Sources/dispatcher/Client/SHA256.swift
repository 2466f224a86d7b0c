/// SHA-256 (FIPS 180-4), so that the one signature that the dispatcher makes does not load OpenSSL
/// into the one process that needs nothing else of it.
struct SHA256 {
  private var state: InlineArray<8, UInt32> = [
    0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB,
    0x5BE0_CD19,
  ]
  private var block = InlineArray<64, UInt8>(repeating: 0)
  private var filled = 0
  private var length: UInt64 = 0

  mutating func update(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      block[filled] = byte
      filled += 1
      length += 1
      if filled == 64 { compress() }
    }
  }

  mutating func finish() -> InlineArray<32, UInt8> {
    let bits = length * 8
    update(CollectionOfOne(0x80))
    while filled != 56 { update(CollectionOfOne(0)) }
    for shift in stride(from: UInt64(56), through: 0, by: -8) {
      update(CollectionOfOne(UInt8(truncatingIfNeeded: bits >> shift)))
    }
    return InlineArray { UInt8(truncatingIfNeeded: state[$0 / 4] >> UInt32(24 - $0 % 4 * 8)) }
  }

  private mutating func compress() {
    filled = 0
    var words = InlineArray<64, UInt32>(repeating: 0)
    for index in 0..<16 {
      words[index] = (0..<4).reduce(0) { $0 << 8 | UInt32(block[index * 4 + $1]) }
    }
    for index in 16..<64 {
      let early = words[index - 15]
      let late = words[index - 2]
      words[index] =
        words[index - 16] &+ (early.rotated(7) ^ early.rotated(18) ^ early >> 3)
        &+ words[index - 7] &+ (late.rotated(17) ^ late.rotated(19) ^ late >> 10)
    }
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for index in 0..<64 {
      let choice = (e & f) ^ (~e & g)
      let majority = (a & b) ^ (a & c) ^ (b & c)
      let first =
        h &+ (e.rotated(6) ^ e.rotated(11) ^ e.rotated(25)) &+ choice &+ roundConstants[index]
        &+ words[index]
      let second = (a.rotated(2) ^ a.rotated(13) ^ a.rotated(22)) &+ majority
      (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ second)
    }
    let sums = [a, b, c, d, e, f, g, h]
    for index in 0..<8 { state[index] &+= sums[index] }
  }
}

/// HMAC-SHA-256 (RFC 2104) under one key; the key's own blocks are hashed once, here.
struct MessageKey: Sendable {
  private let inner: SHA256
  private let outer: SHA256

  init(_ key: some Collection<UInt8>) {
    var block = [UInt8](repeating: 0, count: 64)
    if key.count > 64 {
      var hash = SHA256()
      hash.update(key)
      let digest = hash.finish()
      for index in digest.indices { block[index] = digest[index] }
    } else {
      block.replaceSubrange(0..<key.count, with: key)
    }
    var inner = SHA256()
    inner.update(block.lazy.map { $0 ^ 0x36 })
    var outer = SHA256()
    outer.update(block.lazy.map { $0 ^ 0x5C })
    (self.inner, self.outer) = (inner, outer)
  }

  func code(of message: some Sequence<UInt8>) -> InlineArray<32, UInt8> {
    var inner = inner
    inner.update(message)
    let digest = inner.finish()
    var outer = outer
    outer.update(digest.indices.lazy.map { digest[$0] })
    return outer.finish()
  }
}

extension UInt32 {
  fileprivate func rotated(_ count: UInt32) -> UInt32 {
    self >> count | self << (32 - count)
  }
}

private let roundConstants: InlineArray<64, UInt32> = [
  0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
  0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe,
  0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f,
  0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
  0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc,
  0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
  0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116,
  0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
  0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
  0xc671_78f2,
]
