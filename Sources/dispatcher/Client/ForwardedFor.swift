/// Finds the client in the X-Forwarded-For fields of a trusted proxy: each proxy appends the peer
/// that it saw, so with N proxies of ours in front it is the N-th element from the right; whatever
/// is further left, the client can have written itself.
struct ForwardedFor {
  private var remaining: Int

  /// - Parameter hops: how many proxies of ours a request passes, one at least.
  init(hops: Int) {
    remaining = hops
  }

  /// Reads one field; they are given from the last to the first.
  ///
  /// - Returns: the element, or nil when it is in a field further up.
  mutating func element(of field: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    var end = field.count
    while true {
      let comma = field[..<end].lastIndex(of: UInt8(ascii: ","))
      let start = comma.map { $0 + 1 } ?? 0
      remaining -= 1
      if remaining == 0 { return Self.trimmed(field, start..<end) }
      guard let comma else { return nil }
      end = comma
    }
  }

  private static func trimmed(
    _ field: UnsafeRawBufferPointer,
    _ range: Range<Int>
  ) -> UnsafeRawBufferPointer {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, isBlank(field[start]) { start += 1 }
    while end > start, isBlank(field[end - 1]) { end -= 1 }
    return UnsafeRawBufferPointer(rebasing: field[start..<end])
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }
}
