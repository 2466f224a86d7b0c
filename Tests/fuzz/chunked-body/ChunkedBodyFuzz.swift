@testable import HTTP

/// However a chunked body is split, it is decoded the same, and as a second, plain decoder of whole
/// bodies does.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  guard let seed = bytes.first else { return 0 }
  let input = Array(bytes.dropFirst())
  let whole = decode(input, step: input.count + 1)
  for step in [1, 2, 3 + Int(seed)] { precondition(decode(input, step: step) == whole) }
  if case .complete(let body, let used) = whole {
    precondition(plainDecode(input).map { $0.body == body && $0.used == used } == true)
  }
  return 0
}

enum Outcome: Equatable {
  case incomplete([UInt8])
  case refused
  case complete([UInt8], used: Int)
}

func decode(_ bytes: [UInt8], step: Int) -> Outcome {
  var decoder = ChunkedDecoder()
  var body: [UInt8] = []
  var start = 0
  while start < bytes.count {
    let piece = Array(bytes[start..<min(bytes.count, start + step)])
    var offset = 0
    reading: while true {
      do {
        switch try piece.withUnsafeBytes({ try decoder.next($0, from: &offset) }) {
        case .data(let range): body += piece[range]
        case .needsMore: break reading
        case .end: return .complete(body, used: start + offset)
        }
      } catch {
        return .refused
      }
    }
    start += piece.count
  }
  return .incomplete(body)
}

func plainDecode(_ bytes: [UInt8]) -> (body: [UInt8], used: Int)? {
  var body: [UInt8] = []
  var position = 0
  func line() -> [UInt8]? {
    guard let end = bytes[position...].firstIndex(of: 10), end > position, bytes[end - 1] == 13
    else { return nil }
    defer { position = end + 1 }
    return Array(bytes[position..<(end - 1)])
  }
  while let head = line() {
    let digits = String(decoding: head.prefix { $0 != 59 }, as: UTF8.self)
    guard digits.allSatisfy(\.isHexDigit), let size = Int(digits, radix: 16) else { return nil }
    if size == 0 {
      while let trailer = line() {
        if trailer.isEmpty { return (body, position) }
      }
      return nil
    }
    guard size <= bytes.count - position - 2 else { return nil }
    body += bytes[position..<(position + size)]
    guard bytes[(position + size)..<(position + size + 2)] == [13, 10] else { return nil }
    position += size + 2
  }
  return nil
}
