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

  @Test("takes the white space around a value for no part of it")
  func trimsValues() throws {
    let text = "GET / HTTP/1.1\r\nHost: a\r\nX:\t b\tc \t\r\n\r\n"
    let head = try #require(try read(text).get())
    #expect(self.text(head.fields[1].value, in: text) == "b\tc")
  }

  @Test(
    "takes a host with a port, an address in brackets, and connection options that change nothing",
    arguments: [
      "Host: a.example:65535", "Host: [::1]:80", "Host: [::ffff:1.2.3.4]",
      "Host: a\r\nConnection: TE, HTTP2-Settings,",
    ]
  )
  func takes(fields: String) throws {
    let head = try read("GET / HTTP/1.1\r\n\(fields)\r\n\r\n").get()
    #expect(head?.keepsAlive == true)
  }

  @Test(
    "sees the wish for another protocol only where both fields and the version say so",
    arguments: [
      ("1.1", "Connection: upgrade\r\nUpgrade: x\r\n", true),
      ("1.1", "Connection: upgrade\r\n", false), ("1.1", "Upgrade: x\r\n", false),
      ("1.0", "Connection: upgrade\r\nUpgrade: x\r\n", false),
    ]
  )
  func seesUpgrades(version: String, fields: String, isWanted: Bool) throws {
    let head = try read("GET / HTTP/\(version)\r\nHost: a\r\n\(fields)\r\n").get()
    #expect(head?.wantsUpgrade == isWanted)
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
      "GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
      "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost:\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a:123456\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: :80\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: [abcd]\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: [::g]\r\n\r\n",
      "GET a/b HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET http:///x HTTP/1.0\r\n\r\n",
      "GET http://a?x HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /a%5cb HTTP/1.1\r\nHost: a\r\n\r\n",
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
    #expect(
      status("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: long, count: 8))\r\n\r\n") == 431
    )
    let many = (0..<101).map { "X-\($0): 1\r\n" }.joined()
    #expect(status("GET / HTTP/1.1\r\n\(many)\r\n") == 431)
    #expect(status("GET / HTTP/2.0\r\nHost: a\r\n\r\n") == 505)
    #expect(status("GET / HTTP/1.1\r\nHost: a\r\nExpect: more\r\n\r\n") == 417)
    #expect(
      status("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1234567890123456789\r\n\r\n") == 413
    )
  }
}
