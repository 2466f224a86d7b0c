import Glibc
import HTTP
import Loop
import TestSupport
import Testing

@testable import HTTP

@Suite("An answer on the wire")
struct ResponseTests {
  private static func bytes(_ text: String) -> Response.Body { .bytes(Array(text.utf8)) }

  @Test("of a refusal has the refusal's status, whatever the handler says")
  func keepsRefusals() async throws {
    let server = try await HandlerServer(refusal: Response(status: 200)) { _ in Response() }
    #expect(try server.client("BREW / HTTP/1.1").readAll().hasPrefix("HTTP/1.1 405 "))
  }

  @Test("holds no line break or other control character in a field, which could begin another")
  func keepsFieldsApart() async throws {
    let server = try await HandlerServer { _ in
      Response(headers: [("x-a", "1\r\nx-b: 2\u{0}\u{7F}é\t3"), ("x-c", "4")])
    }
    let answer = try server.client("GET / HTTP/1.1", "Connection: close").readAll()
    #expect(answer.contains("\r\nx-a: 1x-b: 2é3\r\nx-c: 4\r\n"))
  }

  @Test("has no body, and no length of one, where its status has none", arguments: [204, 304])
  func hasNoBody(status: Int) async throws {
    let server = try await HandlerServer { request in
      request.path == "/" ? Response(status: status, body: Self.bytes("nobody")) : Response()
    }
    let client = try server.client("GET / HTTP/1.1")
    client.send(HandlerServer.request("GET /next HTTP/1.1", ["Connection: close"]))
    let answers = client.readAll()
    #expect(!answers.contains("nobody"))
    let parts = answers.split(separator: "\r\n\r\nHTTP/1.1 200")
    #expect(parts.count == 2)
    #expect(parts.first?.hasPrefix("HTTP/1.1 \(status) ") == true)
    #expect(parts.first?.contains("content-length") == false)
  }

  @Test("that is long comes whole behind its head, in its place of a pipeline")
  func writesLongBodies() async throws {
    let server = try await HandlerServer { request in
      let letter = request.path.utf8.last ?? 0
      return Response(body: .bytes([UInt8](repeating: letter, count: 300_000)))
    }
    let client = try server.client()
    let letters = "abcdefghijklmnopqrstuvwxyz"
    for letter in letters {
      client.send(HandlerServer.request("GET /\(letter) HTTP/1.1"))
    }
    client.send(HandlerServer.request("GET /! HTTP/1.1", ["Connection: close"]))
    usleep(300_000)
    let bodies = client.readAll().split(separator: "\r\n\r\n").dropFirst()
    #expect(bodies.count == letters.count + 1)
    for (letter, body) in zip(letters + "!", bodies) {
      #expect(body.prefix(300_000) == String(repeating: letter, count: 300_000))
      #expect(body.dropFirst(300_000).prefix(4) == (letter == "!" ? "" : "HTTP"))
    }
  }

  @Test("says its length and keeps the connection, or says that it closes")
  func saysHowItEnds() async throws {
    let server = try await HandlerServer { _ in Response(body: Self.bytes("abc")) }
    let client = try server.client("GET / HTTP/1.1")
    let first = client.read(until: "abc")
    #expect(first.contains("\r\ncontent-length: 3\r\n") && !first.contains("connection:"))
    client.send(HandlerServer.request("GET / HTTP/1.1", ["Connection: close"]))
    #expect(client.readAll().contains("\r\nconnection: close\r\n\r\nabc"))
    let old = try server.client("GET / HTTP/1.0")
    #expect(old.readAll().contains("\r\nconnection: close\r\n\r\nabc"))
  }

  @Test("has the time in it, in the form of RFC 9110")
  func hasDate() async throws {
    #expect(HTTPDate.format(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(HTTPDate.format(1_798_761_599) == "Thu, 31 Dec 2026 23:59:59 GMT")
    let (first, later, now) = try await onLoop {
      let first = HTTPDate.now
      try await Loop.sleep(for: .milliseconds(1100))
      return (first, HTTPDate.now, Int(time(nil)))
    }
    #expect(first != later)
    #expect((now - 1...now).map { Array(HTTPDate.format($0).utf8) }.contains(later))
  }

  @Test("reads a date in each of the forms that it may have, and nothing else")
  func readsDates() {
    let forms = [
      "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    ]
    for text in forms { #expect(HTTPDate.seconds(in: text) == 784_111_777, "\(text)") }
    for text in ["", "120", "tomorrow", "Sun, 06 Nov 1994 08:49:37 GMT+1", "1994-11-06T08:49:37Z"] {
      #expect(HTTPDate.seconds(in: text) == nil, "\(text)")
    }
  }

  @Test("is let go of, with its request, once it is sent")
  func isLetGo() async throws {
    let requests = Findings<Weak>()
    let server = try await HandlerServer { request in
      requests.add(Weak(request))
      return Response(body: Self.bytes("done"))
    }
    let client = try server.client("GET / HTTP/1.1")
    #expect(client.read(until: "done").contains("200"))
    let request = try #require(await requests.first().first)
    #expect(try await onLoop { request.isGone })
  }

  private struct Weak: Sendable {
    private weak let request: Request?

    init(_ request: Request) { self.request = request }

    var isGone: Bool { request == nil }
  }
}

@Suite("A streamed answer")
struct StreamTests {
  private func server(
    length: Int? = nil,
    _ write: @escaping @Loop @Sendable (BodyWriter) async throws -> Void
  ) async throws -> HandlerServer {
    try await HandlerServer { request in
      request.path == "/" ? Response(body: .stream(length: length, write: write)) : Response()
    }
  }

  @Test("comes in chunks, of which an empty piece is none")
  func comesInChunks() async throws {
    let server = try await server { writer in
      for piece in ["abcdefghijklmnopqrstuvwxyz", "", "!"] {
        try await writer.write(Array(piece.utf8))
      }
    }
    let client = try server.client("GET / HTTP/1.1")
    let answer = client.read(until: "\r\n0\r\n\r\n")
    #expect(answer.contains("\r\ntransfer-encoding: chunked\r\n"))
    #expect(!answer.contains("content-length"))
    #expect(answer.hasSuffix("\r\n\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n1\r\n!\r\n0\r\n\r\n"))
    client.send(HandlerServer.request("GET /next HTTP/1.1"))
    #expect(client.read(until: "\r\n\r\n").contains("200 OK"))
  }

  @Test("ends with the connection for a client of HTTP/1.0, which knows no chunks")
  func endsWithConnection() async throws {
    let server = try await server { try await $0.write(Array("abc".utf8)) }
    let answer = try server.client("GET / HTTP/1.0", "Connection: keep-alive").readAll()
    #expect(answer.hasSuffix("\r\nconnection: close\r\n\r\nabc"))
    #expect(!answer.contains("chunked"))
    let other = try server.client("GET / HTTP/1.0", "Connection: keep-alive")
    #expect(other.isClosedByServer(within: 1000))
  }

  @Test("of a known length keeps the connection, and closes it when too little was written")
  func keepsLength() async throws {
    let whole = try await server(length: 3) { try await $0.write(Array("abc".utf8)) }
    let client = try whole.client("GET / HTTP/1.1")
    #expect(client.read(until: "abc").contains("\r\ncontent-length: 3\r\n"))
    client.send(HandlerServer.request("GET /next HTTP/1.1"))
    #expect(client.read(until: "\r\n\r\n").contains("200 OK"))
    let short = try await server(length: 4) { try await $0.write(Array("abc".utf8)) }
    #expect(try short.client("GET / HTTP/1.1").isClosedByServer(within: 1000))
  }

  @Test("that fails is cut off, so that nobody takes it for the whole")
  func cutsOff() async throws {
    let server = try await server { writer in
      try await writer.write(Array("abc".utf8))
      throw CancellationError()
    }
    let answer = try server.client("GET / HTTP/1.1").readAll(milliseconds: 1000)
    #expect(answer.hasSuffix("\r\n3\r\nabc\r\n"))
    #expect(try server.client("GET / HTTP/1.1").isClosedByServer(within: 1000))
  }

  @Test("has no body for HEAD")
  func hasNoBody() async throws {
    let server = try await server(length: 3) { try await $0.write(Array("abc".utf8)) }
    let answer = try server.client("HEAD / HTTP/1.1", "Connection: close").readAll()
    #expect(answer.contains("\r\ncontent-length: 3\r\n") && answer.hasSuffix("\r\n\r\n"))
  }

  @Test("waits for a slow reader, and is told when the reader goes away")
  func waitsForReader() async throws {
    let pieces = Findings<Int>()
    let ends = Findings<Bool>()
    let server = try await server { writer in
      do {
        for number in 0..<1000 {
          try await writer.write([UInt8](repeating: 65, count: 100_000))
          pieces.add(number)
        }
      } catch {
        ends.add(error is CancellationError)
        do {
          try await writer.write([65])
        } catch {
          ends.add(error is CancellationError)
        }
      }
    }
    var client: RawClient? = try server.client("GET / HTTP/1.1")
    usleep(300_000)
    // What the kernel takes, and little more.
    let taken = await pieces.first(1000).count
    #expect((1..<500).contains(taken))
    #expect(client?.read(until: "A").isEmpty == false)
    client = nil
    #expect(await ends.first(2) == [true, true])
  }

  @Test("that is one piece is told too that nobody took it")
  func isToldOfTheLast() async throws {
    let ends = Findings<Bool>()
    let server = try await server { writer in
      do {
        try await writer.write([UInt8](repeating: 65, count: 50_000_000))
        ends.add(false)
      } catch {
        ends.add(error is CancellationError)
      }
    }
    var client: RawClient? = try server.client("GET / HTTP/1.1")
    #expect(client?.read(until: "A").isEmpty == false)
    client = nil
    #expect(await ends.first() == [true])
    _ = client
  }
}
