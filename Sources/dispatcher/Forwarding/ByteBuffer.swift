/// Bytes that are put together to be sent, in memory that is used again and again: on the path of
/// each request, an array's checks and copies cost more than what is written.
final class ByteBuffer {
  /// What a large message made of it is not kept.
  private static let keptCapacity = 16_384

  private var base: UnsafeMutableRawPointer
  private var capacity: Int
  private(set) var count = 0

  init(capacity: Int = 1024) {
    self.capacity = capacity
    base = .allocate(byteCount: capacity, alignment: 16)
  }

  deinit {
    base.deallocate()
  }

  var isEmpty: Bool { count == 0 }

  /// All bytes; valid until the next change.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// Some of the bytes; valid until the next change.
  func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[range])
  }

  func append(_ more: UnsafeRawBufferPointer) {
    guard let start = more.baseAddress else { return }
    reserve(more.count)
    (base + count).copyMemory(from: start, byteCount: more.count)
    count += more.count
  }

  func append(_ text: StaticString) {
    append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  func append(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { append($0) }
  }

  func append(_ byte: UInt8) {
    reserve(1)
    base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  /// - Parameter number: not negative.
  func append(decimal number: Int) {
    reserve(20)
    var digits = 1
    var power = number / 10
    while power > 0 {
      digits += 1
      power /= 10
    }
    var rest = number
    for index in (0..<digits).reversed() {
      let digit = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      base.storeBytes(of: digit, toByteOffset: count + index, as: UInt8.self)
      rest /= 10
    }
    count += digits
  }

  /// Appends a chunk of a chunked body (RFC 9112 §7.1).
  func append(chunk bytes: UnsafeRawBufferPointer) {
    var shift = max(0, (Int.bitWidth - bytes.count.leadingZeroBitCount - 1) / 4 * 4)
    while shift >= 0 {
      append(Self.hexadecimalDigit(bytes.count >> shift))
      shift -= 4
    }
    append("\r\n")
    append(bytes)
    append("\r\n")
  }

  func removeAll() {
    count = 0
    guard capacity > Self.keptCapacity else { return }
    base.deallocate()
    capacity = 1024
    base = .allocate(byteCount: capacity, alignment: 16)
  }

  /// The digit of the lowest four bits.
  static func hexadecimalDigit(_ value: Int) -> UInt8 {
    let digit = UInt8(truncatingIfNeeded: value & 0xF)
    return digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
  }

  private func reserve(_ more: Int) {
    guard count + more > capacity else { return }
    capacity = max(capacity * 2, count + more)
    let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    larger.copyMemory(from: base, byteCount: count)
    base.deallocate()
    base = larger
  }
}
