/// Where something stands in the bytes of a message head.
package struct ByteRange: Equatable, Sendable {
  package var start: Int32
  package var end: Int32

  init(_ start: Int, _ end: Int) {
    self.start = Int32(truncatingIfNeeded: start)
    self.end = Int32(truncatingIfNeeded: end)
  }

  package static let none = ByteRange(0, 0)

  package var count: Int { Int(end - start) }
  package var isEmpty: Bool { start == end }

  @inline(__always)
  package func slice(of bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[Int(start)..<Int(end)])
  }
}

extension UnsafeRawBufferPointer {
  /// Whether the bytes are `text`, letters compared without case; `text` is in lower case.
  @inline(__always)
  package func equalsIgnoringCase(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    let other = text.utf8Start
    for index in 0..<count where self[index].lowercased != other[index] { return false }
    return true
  }

  @inline(__always)
  package func equals(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    let other = text.utf8Start
    for index in 0..<count where self[index] != other[index] { return false }
    return true
  }
}
