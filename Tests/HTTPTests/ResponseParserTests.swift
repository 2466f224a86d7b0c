import Testing

@testable import HTTP

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

  @Test("knows that no body follows some answers", arguments: [100, 199, 204, 304])
  func framesNone(status: Int) throws {
    #expect(try read("HTTP/1.1 \(status) X\r\nContent-Length: 3\r\n\r\n")?.framing == Framing.none)
  }

  @Test(
    "knows whether the connection is kept",
    arguments: [
      ("1.1", "Content-Length: 0\r\n", true), ("1.1", "", false),
      ("1.1", "Content-Length: 0\r\nConnection: close\r\n", false),
      ("1.0", "Content-Length: 0\r\n", false),
      ("1.0", "Content-Length: 0\r\nConnection: keep-alive\r\n", true),
    ]
  )
  func keepsAlive(version: String, fields: String, isKept: Bool) throws {
    #expect(try read("HTTP/\(version) 200 OK\r\n\(fields)\r\n")?.keepsAlive == isKept)
  }

  @Test(
    "refuses an answer that two readers could understand differently",
    arguments: [
      "HTTP/1.1 200 OK\nX: a\n\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/2 200\r\n\r\n", "200 OK\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
      "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
      "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 099 X\r\n\r\n", "HTTP/1.1 200 a\u{1}b\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
      "HTTP/1.1 200 OK\r\n" + String(repeating: "X: a\r\n", count: 101) + "\r\n",
      "HTTP/1.1 200 OK\r\nX: " + String(repeating: "a", count: 65_536),
    ]
  )
  func refuses(text: String) {
    #expect(throws: ProtocolError.self) { try read(text) }
  }
}
