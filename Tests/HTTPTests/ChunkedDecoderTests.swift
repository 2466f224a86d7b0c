import Testing

@testable import HTTP

@Suite("The chunked decoder")
struct ChunkedDecoderTests {
  /// The body, or nil when its end is missing; fed in pieces of a size.
  private func decode(
    _ text: String,
    pieces size: Int
  ) throws -> (String?, rest: Int) {
    var decoder = ChunkedDecoder()
    var body: [UInt8] = []
    let bytes = Array(text.utf8)
    var start = 0
    while start < bytes.count {
      let piece = Array(bytes[start..<min(bytes.count, start + size)])
      var offset = 0
      reading: while true {
        let next = try piece.withUnsafeBytes { try decoder.next($0, from: &offset) }
        switch next {
        case .data(let range): body += piece[range]
        case .needsMore: break reading
        case .end:
          return (String(decoding: body, as: UTF8.self), bytes.count - start - offset)
        }
      }
      start += piece.count
    }
    return (nil, 0)
  }

  @Test(
    "joins chunks, drops extensions and trailers, and stops at the end",
    arguments: [1, 2, 3, 5, 99]
  )
  func joins(size: Int) throws {
    let text = "5;a=b;c=\"d\"\r\nhello\r\n00000000000001\r\n!\r\n0\r\nX-Sum: 1\r\n\r\n"
    let (body, rest) = try decode(text + "NEXT", pieces: size)
    #expect(body == "hello!")
    #expect(rest == 4)
    #expect(try decode(String(text.dropLast()), pieces: size).0 == nil)
  }

  @Test("limits each chunk's extension for itself")
  func limitsExtensions() throws {
    let chunk = "1;\(String(repeating: "a", count: 200))\r\nx\r\n"
    #expect(try decode(chunk + chunk + "0\r\n\r\n", pieces: 99).0 == "xx")
  }

  @Test(
    "refuses malformed chunks",
    arguments: [
      "\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n", "-1\r\n\r\n", "5_0\r\n",
      "5\nhello\r\n0\r\n\r\n", "5\rXhello\r\n0\r\n\r\n", "5\r\nhelloXX0\r\n\r\n", "0\r\n\rX",
      "00000000000000005\r\nhello\r\n0\r\n\r\n", "5\r\nhelloX\r\n0\r\n\r\n",
      "5\r\nhello\n0\r\n\r\n",
      "5\r\nhello\r\n0\r\n X: a\r\n\r\n", "0\r\nX\r\n\r\n", "0\r\nX y: a\r\n\r\n",
      "0\r\nX: \u{1}\r\n\r\n", "0\r\n\n", "FFFFFFFFFFFFFFFFF\r\n",
      "8000000000000000\r\n", "5;\u{1}\r\nhello\r\n0\r\n\r\n",
      "5;" + String(repeating: "a", count: 300) + "\r\nhello\r\n0\r\n\r\n",
      "0\r\n" + String(repeating: "X: aaaaaaaaaa\r\n", count: 700) + "\r\n",
    ]
  )
  func refuses(text: String) {
    #expect(throws: ProtocolError.self) { try decode(text, pieces: 1000) }
    #expect(throws: ProtocolError.self) { try decode(text, pieces: 1) }
  }
}
