import Glibc
import HTTP
import Loop
import TestSupport
import Testing

/// Answers at once, before its request's body, and to PUT with much and in parts; where another
/// protocol is wished for, it sends back what comes.
@Loop
private final class AtOnce: RequestHandler {
  private final class Tunnel: Exchange {
    private let connection: ServerConnection

    init(_ connection: ServerConnection) { self.connection = connection }

    func body(_ bytes: UnsafeRawBufferPointer) { connection.write(bytes) }
    func bodyEnded() {}
    func drained() {}
    func abandoned() {}
  }

  func begin(
    _ head: RequestHead,
    _ bytes: UnsafeRawBufferPointer,
    on connection: ServerConnection
  ) -> any Exchange {
    if head.wantsUpgrade {
      let tunnel = Tunnel(connection)
      connection.becomeTunnel()
      Loop.task {
        Self.write("HTTP/1.1 101 Switching Protocols\r\n\r\n", connection)
        connection.becomeTunnel()
      }
      return tunnel
    }
    if head.method == .put {
      Self.write("HTTP/1.1 200 OK\r\n\r\n", connection)
      [UInt8](repeating: 65, count: 20_000_000).withUnsafeBytes { connection.write($0) }
      let (first, second): ([UInt8], [UInt8]) = ([66], [67])
      first.withUnsafeBytes { first in
        second.withUnsafeBytes { second in connection.write(first, second) }
      }
      connection.finish(keepsAlive: false)
      return Tunnel(connection)
    }
    connection.sendContinue()
    Self.write("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n", connection)
    Self.write(connection.keepsAlive ? "kept" : "last", connection)
    connection.finish()
    return Tunnel(connection)
  }

  func refuse(_ error: ProtocolError, on connection: ServerConnection) {
    Self.write("HTTP/1.1 400 X\r\n\r\n\(connection.keepsAlive ? "kept" : "last")", connection)
  }

  private static func write(_ text: String, _ connection: ServerConnection) {
    Array(text.utf8).withUnsafeBytes { connection.write($0) }
  }
}

@Suite("A handler of a connection's bytes")
struct RawHandlerTests {
  @Loop private static var running: [Server] = []

  private func client() async throws -> RawClient {
    let address = try await onLoop {
      let address = try #require(SocketAddress("127.0.0.1:0"))
      let server = try Server(on: address, handler: AtOnce())
      Self.running.append(server)
      return server.address
    }
    return try RawClient(address)
  }

  @Test("that answers at once has its connection kept, and asks for no body where there is none")
  func answersAtOnce() async throws {
    let client = try await client()
    client.send(HandlerServer.request("GET / HTTP/1.1", ["Expect: 100-continue"]))
    client.send(HandlerServer.request("POST / HTTP/1.1", ["Content-Length: 2"], body: "hi"))
    client.send(HandlerServer.request("GET / HTTP/1.1", ["Connection: close"]))
    let answers = client.readAll()
    #expect(!answers.contains("100 Continue"))
    let bodies = answers.split(separator: "\r\n\r\n").dropFirst().map { $0.prefix(4) }
    #expect(bodies == ["kept", "kept", "last"])
  }

  @Test("may write in two parts what then waits for a slow reader")
  func writesParts() async throws {
    let client = try await client()
    client.send(HandlerServer.request("PUT / HTTP/1.1"))
    usleep(100_000)
    let answer = client.readAll()
    #expect(answer.hasSuffix("AAABC"))
    #expect(answer.utf8.count == 20_000_000 + 2 + "HTTP/1.1 200 OK\r\n\r\n".utf8.count)
  }

  @Test("is told that a connection whose request is refused will close")
  func refuses() async throws {
    let client = try await client()
    client.send("GET / HTTP/1.1\r\n\r\n")
    #expect(client.readAll().hasSuffix("last"))
  }

  @Test("gets both directions when it asks, with what has arrived by then, and not before")
  func tunnels() async throws {
    let client = try await client()
    let fields = ["Connection: upgrade", "Upgrade: x"]
    client.send(HandlerServer.request("GET / HTTP/1.1", fields, body: "early "))
    #expect(client.read(until: "early ").hasSuffix("101 Switching Protocols\r\n\r\nearly "))
    client.send("late")
    #expect(client.read(until: "late") == "late")
  }
}
