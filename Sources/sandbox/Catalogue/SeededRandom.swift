/// SplitMix64: the same numbers for the same seed, on every machine.
struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  /// A sequence of its own for each index of a seed.
  init(seed: UInt64, index: Int) {
    state = seed
    state = next() &+ UInt64(bitPattern: Int64(index)) &* 0x9E37_79B9_7F4A_7C15
    state = next()
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mixed(state)
  }

  static func mixed(_ value: UInt64) -> UInt64 {
    var value = value
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  /// Whether what has this chance happens.
  mutating func happens(_ chance: Double) -> Bool {
    Double(next() >> 11) * 0x1p-53 < chance
  }

  mutating func number(in range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &self)
  }

  mutating func element<Element>(of elements: [Element]) -> Element? {
    elements.randomElement(using: &self)
  }

  /// The seed that a name stands for (FNV-1a).
  static func seed(of name: String) -> UInt64 {
    name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  /// The seed that bytes stand for, eight of them at a time.
  static func seed(of bytes: [UInt8]) -> UInt64 {
    bytes.withUnsafeBytes { bytes in
      var seed = UInt64(bytes.count)
      var index = 0
      while index + 8 <= bytes.count {
        seed = mixed(seed ^ bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        index += 8
      }
      return bytes[index...].reduce(seed) { mixed($0 ^ UInt64($1)) }
    }
  }

  /// Characters of an alphabet, by chance.
  mutating func text(_ count: Int, of alphabet: [Character]) -> String {
    String((0..<count).compactMap { _ in element(of: alphabet) })
  }

  static let base64URL = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
}
