import Glibc
import Loop
import TestSupport
import Testing

@testable import HTTP

/// A server of its own for each test, which answers with what it was asked.
private struct EchoServer {
  let address: SocketAddress
  private let server: Server

  init(limits: Limits = Limits()) async throws {
    TestLoop.start()
    (server, address) = try await Self.start(limits)
  }

  @Loop
  private static func start(_ limits: Limits) throws -> (Server, SocketAddress) {
    let handler = AsyncHandler(
      refusal: { Response(status: $0.status, body: .bytes(Array($0.reason.utf8))) },
      respond: { await EchoServer.answer($0) }
    )
    let address = try #require(SocketAddress("127.0.0.1:0"))
    let server = try Server(on: address, limits: limits, handler: handler)
    running.append(server)
    return (server, server.address)
  }

  @Loop
  private static func answer(_ request: Request) async -> Response {
    switch request.path {
    case "/wait":
      try? await Loop.sleep(for: .milliseconds(200))
      return Response(body: .bytes(Array("waited".utf8)))
    case "/replaced":
      request.replaceAnswer {
        try? await Loop.sleep(for: .milliseconds(50))
        return Response(body: .bytes(Array("instead".utf8)))
      }
      if Task.isCancelled { cancelled += 1 }
      return Response(body: .bytes(Array("at first".utf8)))
    case "/early":
      return Response(status: 401)
    case "/stream":
      return Response(
        body: .stream(length: nil) { writer in
          for _ in 0..<200 { try await writer.write([UInt8](repeating: 65, count: 50_000)) }
        }
      )
    default:
      do {
        let body = try await request.body.collect(upTo: 100_000)
        return Response(body: .bytes(Array("\(request.path) ".utf8) + body))
      } catch {
        return Response(status: (error as? ProtocolError)?.status ?? 500)
      }
    }
  }

  @Loop static var cancelled = 0
  /// Servers that outlive the test's interest in anything but their address.
  @Loop private static var running: [Server] = []

  func client() throws -> RawClient { try RawClient(address) }

  func drain() async { await server.drain(within: .seconds(5)) }

  var connectionCount: Int { get async { await server.connectionCount } }
}

@Suite("A server connection")
struct ServerTests {
  private let host = "Host: a\r\n"

  @Test("answers pipelined requests in their order")
  func pipelines() async throws {
    let client = try await EchoServer().client()
    let requests = (0..<50).map { index in
      index % 3 == 0
        ? "GET /wait HTTP/1.1\r\n\(host)\r\n"
        : "POST /\(index) HTTP/1.1\r\n\(host)Content-Length: 3\r\n\r\nabc"
    }
    client.send(requests[..<10].joined())
    client.endSending()
    let answers = client.readAll()
    let order = answers.split(separator: "\r\n\r\n").dropFirst().map { $0.prefix(6) }
    #expect(
      order == [
        "waited", "/1 abc", "/2 abc", "waited", "/4 abc", "/5 abc", "waited", "/7 abc", "/8 abc",
        "waited",
      ]
    )
  }

  @Test("reads a body that comes in chunks and byte by byte")
  func readsChunks() async throws {
    let client = try await EchoServer().client()
    for byte in "POST /a HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
      .utf8
    {
      client.send([byte])
    }
    #expect(client.read(until: "/a abc").contains("200 OK"))
  }

  @Test("asks for a body that the client holds back")
  func continues() async throws {
    let client = try await EchoServer().client()
    client.send("POST /a HTTP/1.1\r\n\(host)Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    #expect(client.read(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
    client.send("hi")
    #expect(client.read(until: "hi").contains("200 OK"))
  }

  @Test("closes rather than guess when it answers without having asked for the body")
  func closesUnasked() async throws {
    let client = try await EchoServer().client()
    client.send("POST /early HTTP/1.1\r\n\(host)Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    let answer = client.readAll()
    #expect(answer.contains("401") && answer.contains("connection: close"))
    #expect(!answer.contains("100 Continue"))
  }

  @Test("keeps the connection when an early answer leaves a short body behind")
  func skipsShortBody() async throws {
    let client = try await EchoServer().client()
    client.send("POST /early HTTP/1.1\r\n\(host)Content-Length: 5\r\n\r\n")
    #expect(client.read(until: "\r\n\r\n").contains("401"))
    client.send("helloGET /next HTTP/1.1\r\n\(host)\r\n")
    #expect(client.read(until: "/next").contains("200 OK"))
  }

  @Test("answers 413 to a body that is too long, announced or not")
  func limitsBodies() async throws {
    let server = try await EchoServer()
    let announced = try server.client()
    announced.send("POST /a HTTP/1.1\r\n\(host)Content-Length: 100001\r\n\r\n")
    #expect(announced.readAll().contains("413"))
    let chunked = try server.client()
    chunked.send("POST /a HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n")
    let chunk = "4000\r\n" + String(repeating: "a", count: 0x4000) + "\r\n"
    for _ in 0..<20 { chunked.send(chunk) }
    #expect(chunked.readAll().contains("413"))
  }

  @Test("refuses and closes when a request is malformed, and answers what came before it")
  func refuses() async throws {
    let client = try await EchoServer().client()
    client.send(
      "GET /ok HTTP/1.1\r\n\(host)\r\nGET /bad HTTP/1.1\r\nHost : a\r\n\r\nGET /no HTTP/1.1\r\n\(host)\r\n"
    )
    let answers = client.readAll()
    #expect(answers.contains("/ok"))
    #expect(answers.contains("400 Bad Request"))
    #expect(!answers.contains("/no"))
  }

  @Test("drops clients that are slow to send their head or body")
  func dropsSlowSenders() async throws {
    var limits = Limits()
    limits.headTime = .milliseconds(150)
    limits.bodyTime = .milliseconds(150)
    limits.idleTime = .milliseconds(300)
    let server = try await EchoServer(limits: limits)
    let head = try server.client()
    for byte in "GET / HTT".utf8 {
      head.send([byte])
      usleep(30_000)
    }
    #expect(head.readAll().contains("408"))
    let body = try server.client()
    body.send("POST / HTTP/1.1\r\n\(host)Content-Length: 9\r\n\r\na")
    #expect(body.readAll().contains("408"))
    let idle = try server.client()
    idle.send("GET /a HTTP/1.1\r\n\(host)\r\n")
    #expect(idle.read(until: "/a").contains("200"))
    #expect(idle.isClosedByServer(within: 1000))
  }

  @Test("stops producing for a reader that doesn't read, and drops it")
  func dropsSlowReaders() async throws {
    var limits = Limits()
    limits.slowReaderTime = .milliseconds(200)
    let server = try await EchoServer(limits: limits)
    let client = try server.client()
    client.send("GET /stream HTTP/1.1\r\n\(host)\r\n")
    usleep(900_000)
    #expect(await server.connectionCount == 0)
    #expect(client.readAll().utf8.count < 10_000_000)
  }

  @Test("streams a long answer whole to a reader that keeps up")
  func streams() async throws {
    let client = try await EchoServer().client()
    client.send("GET /stream HTTP/1.1\r\n\(host)Connection: close\r\n\r\n")
    let answer = client.readAll()
    #expect(answer.utf8.count { $0 == 65 } == 10_000_000)
    #expect(answer.hasSuffix("\r\n0\r\n\r\n"))
  }

  @Test("gives one answer where another takes the handler's place, and serves on")
  func replaces() async throws {
    let client = try await EchoServer().client()
    let before = await EchoServer.cancelled
    client.send("GET /replaced HTTP/1.1\r\n\(host)\r\nGET /a HTTP/1.1\r\n\(host)")
    client.send("Connection: close\r\n\r\n")
    let answers = client.readAll()
    #expect(answers.contains("\r\n\r\ninsteadHTTP/1.1 200"))
    #expect(answers.hasSuffix("\r\n\r\n/a "))
    #expect(!answers.contains("at first"))
    #expect(await EchoServer.cancelled == before + 1)
  }

  @Test("answers a client that has closed its sending side")
  func answersHalfClosed() async throws {
    let client = try await EchoServer().client()
    client.send("GET /wait HTTP/1.1\r\n\(host)\r\n")
    client.endSending()
    #expect(client.readAll().contains("waited"))
  }

  @Test(
    "refuses a pipelined request that the client's end has cut off",
    arguments: ["", "x", "5\r\nab"]
  )
  func refusesCutOff(body: String) async throws {
    let client = try await EchoServer().client()
    let framing = body.hasPrefix("5") ? "Transfer-Encoding: chunked" : "Content-Length: 5"
    client.send(
      "GET /wait HTTP/1.1\r\n\(host)\r\nPOST /b HTTP/1.1\r\n\(host)\(framing)\r\n\r\n\(body)"
    )
    client.endSending()
    let answers = client.readAll(milliseconds: 1500)
    #expect(answers.contains("waited"))
    #expect(answers.contains("400 Bad Request"))
  }

  @Test("finishes what is under way when it drains, and takes nothing new")
  func drains() async throws {
    let server = try await EchoServer()
    let busy = try server.client()
    let idle = try server.client()
    idle.send("GET /a HTTP/1.1\r\n\(host)\r\n")
    _ = idle.read(until: "/a")
    busy.send("GET /wait HTTP/1.1\r\n\(host)\r\n")
    usleep(50_000)
    await server.drain()
    #expect(busy.readAll().contains("waited"))
    #expect(idle.isClosedByServer(within: 500))
    #expect(throws: SystemError.self) { _ = try server.client() }
  }

  @Test("sends no body and the same length for HEAD")
  func answersHead() async throws {
    let client = try await EchoServer().client()
    client.send("HEAD /abc HTTP/1.1\r\n\(host)Connection: close\r\n\r\n")
    let answer = client.readAll()
    #expect(answer.contains("content-length: 5"))
    #expect(answer.hasSuffix("\r\n\r\n"))
  }
}
