import Glibc

/// The lines of a head, found as the bytes arrive: each byte is looked at once, however slowly they
/// come. A line ends with CR LF; a bare LF is refused, and so is a fold.
struct HeadLines {
  /// The next line's first byte.
  private(set) var position = 0
  private var searched = 0

  /// - Returns: the next line without its end, or nil until it has arrived.
  mutating func next(
    in bytes: UnsafeRawBufferPointer
  ) throws(ProtocolError) -> ByteRange? {
    guard searched < bytes.count, let base = bytes.baseAddress else { return nil }
    guard let feed = memchr(base + searched, 0x0A, bytes.count - searched) else {
      try refuseBareReturn(in: bytes)
      searched = bytes.count
      return nil
    }
    let end = UnsafeRawPointer(feed) - base
    guard end > position, bytes[end - 1] == 0x0D else {
      throw .malformed("a line of the head does not end with CR LF")
    }
    let line = ByteRange(position, end - 1)
    position = end + 1
    searched = position
    return line
  }

  /// A CR that no LF follows need not be waited for: the line can only be refused.
  private func refuseBareReturn(in bytes: UnsafeRawBufferPointer) throws(ProtocolError) {
    for index in max(position, searched - 1)..<(bytes.count - 1) where bytes[index] == 0x0D {
      throw .malformed("a line of the head holds a bare CR")
    }
  }

  /// `name: value`, with nothing between the name and its colon.
  static func field(
    _ line: ByteRange,
    in bytes: UnsafeRawBufferPointer
  ) throws(ProtocolError) -> Field {
    var index = Int(line.start)
    let end = Int(line.end)
    while index < end, ByteClass.token.contains(bytes[index]) { index += 1 }
    guard index > line.start, index < end, bytes[index] == UInt8(ascii: ":") else {
      throw .malformed("a field is not a name, a colon and a value")
    }
    let name = ByteRange(Int(line.start), index)
    var start = index + 1
    while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
    var last = end
    while last > start, bytes[last - 1] == 0x20 || bytes[last - 1] == 0x09 { last -= 1 }
    guard ByteRange(start, last).slice(of: bytes).isFieldValue else {
      throw .malformed("a field's value holds a control character")
    }
    return Field(
      name: name,
      value: ByteRange(start, last),
      known: KnownField(name.slice(of: bytes))
    )
  }

  /// A Content-Length: digits alone, at most 18 of them.
  static func length(_ value: UnsafeRawBufferPointer) throws(ProtocolError) -> Int {
    guard !value.isEmpty else { throw .malformed("Content-Length is empty") }
    var length = 0
    for (index, byte) in value.enumerated() {
      guard byte >= 0x30, byte <= 0x39 else {
        throw .malformed("Content-Length is not a whole number")
      }
      guard index < 18 else { throw .bodyTooLarge }
      length = length * 10 + Int(byte - 0x30)
    }
    return length
  }
}
