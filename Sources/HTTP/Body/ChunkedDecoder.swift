/// Takes a chunked body apart as it arrives (RFC 9112 §7.1). Extensions and trailers are checked
/// and dropped.
package struct ChunkedDecoder: Sendable {
  /// What stands next in the input.
  package enum Piece: Equatable, Sendable {
    /// A piece of the body, in the bytes that were given.
    case data(Range<Int>)
    /// All that was given has been used up.
    case needsMore
    /// The body is complete; what follows belongs to the next message.
    case end
  }

  private enum State {
    case size(digits: Int)
    case sizeExtension
    case sizeLineFeed
    case data
    case dataReturn
    case dataLineFeed
    case trailerStart
    case trailerName
    case trailerValue
    case trailerLineFeed
    case lastLineFeed
    case ended
  }

  private static let extensionLimit = 256
  private static let trailerLimit = 8_192

  private var state = State.size(digits: 0)
  private var left = 0
  private var extensionBytes = 0
  private var trailerBytes = 0

  package init() {}

  /// - Parameters:
  ///   - bytes: what has arrived.
  ///   - offset: where to go on; moved past what was used.
  package mutating func next(
    _ bytes: UnsafeRawBufferPointer,
    from offset: inout Int
  ) throws(ProtocolError) -> Piece {
    while offset < bytes.count {
      if case .data = state {
        let end = min(bytes.count, offset + left)
        let piece = offset..<end
        left -= piece.count
        offset = end
        if left == 0 { state = .dataReturn }
        return .data(piece)
      }
      if case .ended = state { return .end }
      try take(bytes[offset])
      offset += 1
      if case .ended = state { return .end }
    }
    if case .ended = state { return .end }
    return .needsMore
  }

  private mutating func take(_ byte: UInt8) throws(ProtocolError) {
    switch state {
    case .size(let digits): try takeSize(byte, digits)
    case .sizeExtension: try takeExtension(byte)
    case .sizeLineFeed:
      try expect(byte, 0x0A)
      extensionBytes = 0
      state = left == 0 ? .trailerStart : .data
    case .dataReturn:
      try expect(byte, 0x0D)
      state = .dataLineFeed
    case .dataLineFeed:
      try expect(byte, 0x0A)
      state = .size(digits: 0)
    case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed: try takeTrailer(byte)
    case .lastLineFeed:
      try expect(byte, 0x0A)
      state = .ended
    case .data, .ended: break
    }
  }

  private mutating func takeSize(_ byte: UInt8, _ digits: Int) throws(ProtocolError) {
    if let digit = byte.hexadecimalValue {
      guard digits < 16, left >> 56 == 0 else { throw .malformed("a chunk's size is too large") }
      left = left << 4 | Int(digit)
      state = .size(digits: digits + 1)
      return
    }
    guard digits > 0 else { throw .malformed("a chunk has no size") }
    switch byte {
    case 0x0D: state = .sizeLineFeed
    case UInt8(ascii: ";"): state = .sizeExtension
    default: throw .malformed("a chunk's size is not a hexadecimal number")
    }
  }

  private mutating func takeExtension(_ byte: UInt8) throws(ProtocolError) {
    if byte == 0x0D {
      state = .sizeLineFeed
      return
    }
    extensionBytes += 1
    guard extensionBytes <= Self.extensionLimit, ByteClass.fieldValue.contains(byte) else {
      throw .malformed("a chunk's extension is too long or holds a control character")
    }
  }

  private mutating func takeTrailer(_ byte: UInt8) throws(ProtocolError) {
    trailerBytes += 1
    guard trailerBytes <= Self.trailerLimit else { throw .malformed("the trailers are too long") }
    switch state {
    case .trailerStart where byte == 0x0D: state = .lastLineFeed
    case .trailerStart where ByteClass.token.contains(byte): state = .trailerName
    case .trailerName where byte == UInt8(ascii: ":"): state = .trailerValue
    case .trailerName where ByteClass.token.contains(byte): break
    case .trailerValue where byte == 0x0D: state = .trailerLineFeed
    case .trailerValue where ByteClass.fieldValue.contains(byte): break
    case .trailerLineFeed where byte == 0x0A: state = .trailerStart
    default: throw .malformed("a trailer is not a name, a colon and a value")
    }
  }

  private func expect(_ byte: UInt8, _ expected: UInt8) throws(ProtocolError) {
    guard byte == expected else { throw .malformed("a chunk does not end where its size says") }
  }
}
