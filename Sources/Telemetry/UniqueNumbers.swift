/// Numbers that are unique but no secret, without a system call for each: xoshiro256** (Blackman,
/// Vigna), started from the system's randomness.
package struct UniqueNumbers: RandomNumberGenerator {
  private var state: InlineArray<4, UInt64>

  package init() {
    var source = SystemRandomNumberGenerator()
    self.init(using: &source)
  }

  package init(using source: inout some RandomNumberGenerator) {
    state = InlineArray { _ in source.next() }
  }

  package mutating func next() -> UInt64 {
    let result = Self.rotate(state[1] &* 5, 7) &* 9
    let shifted = state[1] << 17
    state[2] ^= state[0]
    state[3] ^= state[1]
    state[1] ^= state[2]
    state[0] ^= state[3]
    state[2] ^= shifted
    state[3] = Self.rotate(state[3], 45)
    return result
  }

  private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
    value << count | value >> (64 - count)
  }
}
