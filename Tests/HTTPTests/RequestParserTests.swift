import Testing

@testable import HTTP

@Suite("The request parser")
struct RequestParserTests {
  /// What was read, or the status it was refused with.
  private func read(_ text: String, pieces size: Int = .max) -> Result<RequestHead?, any Error> {
    let bytes = Array(text.utf8)
    var parser = RequestParser(limits: Limits())
    var end = 0
    repeat {
      end = size > bytes.count - end ? bytes.count : end + size
      do {
        let isComplete = try bytes[..<end].withUnsafeBytes { try parser.parse($0) }
        if isComplete { return .success(parser.head) }
      } catch {
        return .failure(error)
      }
    } while end < bytes.count
    return .success(nil)
  }

  private func text(_ range: ByteRange?, in head: String) -> String? {
    range.map { String(decoding: Array(head.utf8)[Int($0.start)..<Int($0.end)], as: UTF8.self) }
  }

  @Test("reads the parts of a request, in whatever pieces they come", arguments: [1, 2, 7, 1000])
  func readsParts(size: Int) throws {
    let text =
      "\r\nPOST /functions/v1/a-b?x=1&y=%zz HTTP/1.1\r\nHost: a.example:80\r\n"
      + "content-length:  12 \r\nX-Empty:\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n"
    let head = try #require(try read(text, pieces: size).get())
    #expect(head.method == .post)
    #expect(self.text(head.path, in: text) == "/functions/v1/a-b")
    #expect(self.text(head.query, in: text) == "x=1&y=%zz")
    #expect(head.framing == .length(12))
    #expect(head.keepsAlive)
    #expect(head.wantsUpgrade)
    #expect(head.length == text.utf8.count)
    #expect(head.fields.count == 5)
    #expect(self.text(head.fields[1].value, in: text) == "12")
  }

  @Test("takes the path out of an absolute target that names the same host")
  func readsAbsoluteForm() throws {
    let text = "GET http://A.example/x?y HTTP/1.1\r\nHost: a.Example\r\n\r\n"
    let head = try #require(try read(text).get())
    #expect(self.text(head.target, in: text) == "/x?y")
    #expect(self.text(head.path, in: text) == "/x")
  }

  @Test("keeps an HTTP/1.0 connection only when asked to")
  func closesOldConnections() throws {
    #expect(try read("GET / HTTP/1.0\r\n\r\n").get()?.keepsAlive == false)
    #expect(try read("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").get()?.keepsAlive == true)
    #expect(
      try read("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").get()?.keepsAlive == false
    )
  }

  @Test(
    "refuses what could be understood in two ways",
    arguments: [
      "GET / HTTP/1.1\nHost: a\n\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: b\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\n X: folded\r\n\r\n",
      "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: [a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: [a]\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a:b:80\r\n\r\n",
      "GET / HTTP/1.1\rHost: a\r\r",
      "\u{0}",
      "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n",
      "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
      "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /a/%2E%2e/b HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /a/. HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /a%2Fb HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /a%00 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /a%4 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET a.example:80 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \u{0B}chunked\r\n\r\n",
      "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: close, content-length\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{0}b\r\n\r\n",
    ]
  )
  func refuses(text: String) {
    #expect(throws: ProtocolError.self) { try read(text).get() }
    #expect(throws: ProtocolError.self) { try read(text, pieces: 1).get() }
  }

  @Test("names the right status for each limit")
  func limits() {
    func status(_ text: String) -> Int? {
      if case .failure(let error) = read(text) { (error as? ProtocolError)?.status } else { nil }
    }
    let long = String(repeating: "a", count: 9_000)
    #expect(status("GET /\(long) HTTP/1.1\r\nHost: a\r\n\r\n") == 414)
    #expect(status("GET /\(long)") == 414)
    #expect(status("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: long, count: 8))") == 431)
    let many = (0..<101).map { "X-\($0): 1\r\n" }.joined()
    #expect(status("GET / HTTP/1.1\r\n\(many)\r\n") == 431)
    #expect(status("GET / HTTP/2.0\r\nHost: a\r\n\r\n") == 505)
    #expect(status("GET / HTTP/1.1\r\nHost: a\r\nExpect: more\r\n\r\n") == 417)
    #expect(
      status("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1234567890123456789\r\n\r\n") == 413
    )
  }
}

@Suite("The response parser")
struct ResponseParserTests {
  private func read(_ text: String, answering method: HTTP.Method = .get) throws -> ResponseHead? {
    var parser = ResponseParser(limits: Limits())
    return try Array(text.utf8).withUnsafeBytes {
      try parser.parse($0, answering: method) ? parser.head : nil
    }
  }

  @Test("knows how each body ends")
  func framing() throws {
    #expect(try read("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n")?.framing == .length(3))
    #expect(
      try read("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", answering: .head)?.framing
        == Framing.none
    )
    #expect(try read("HTTP/1.1 304\r\nContent-Length: 3\r\n\r\n")?.framing == Framing.none)
    #expect(try read("HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n")?.framing == .chunked)
    #expect(try read("HTTP/1.0 200 OK\r\n\r\n")?.framing == .untilClose)
    #expect(try read("HTTP/1.1 200 OK\r\nX: ")?.framing == nil)
  }

  @Test(
    "refuses an answer that two readers could understand differently",
    arguments: [
      "HTTP/1.1 200 OK\nX: a\n\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/2 200\r\n\r\n", "200 OK\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
      "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
    ]
  )
  func refuses(text: String) {
    #expect(throws: ProtocolError.self) { try read(text) }
  }
}

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

  @Test(
    "refuses malformed chunks",
    arguments: [
      "\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n", "-1\r\n\r\n", "5_0\r\n",
      "5\nhello\r\n0\r\n\r\n", "5\r\nhelloX\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n",
      "5\r\nhello\r\n0\r\n X: a\r\n\r\n", "0\r\nX\r\n\r\n", "0\r\n\n", "FFFFFFFFFFFFFFFFF\r\n",
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
