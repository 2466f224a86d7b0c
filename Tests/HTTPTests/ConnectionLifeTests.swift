import Glibc
import HTTP
import Loop
import TestSupport
import Testing

@Suite("The life of a connection")
struct ConnectionLifeTests {
  private static let get = "GET / HTTP/1.1"

  private func server(_ limits: Limits = Limits()) async throws -> HandlerServer {
    try await HandlerServer(limits: limits) { request in
      if request.path == "/wait" { try? await Loop.sleep(for: .milliseconds(300)) }
      return Response(body: .bytes(Array("ok".utf8)))
    }
  }

  @Test("ends when its first head does not come in time, whether none of it has come or a part")
  func timesHeads() async throws {
    var limits = Limits()
    limits.headTime = .milliseconds(200)
    let server = try await server(limits)
    #expect(try server.client().isClosedByServer(within: 1000))
    let part = try server.client()
    part.send("GET /")
    #expect(part.readAll(milliseconds: 1000).contains("408"))
  }

  @Test("ends when a later head takes too long, from its first byte, however steadily it comes")
  func timesLaterHeads() async throws {
    var limits = Limits()
    limits.headTime = .milliseconds(300)
    limits.idleTime = .seconds(60)
    let server = try await server(limits)
    let client = try server.client(Self.get)
    #expect(client.read(until: "ok").contains("200"))
    usleep(400_000)
    for byte in "GET / HTTP/1.1".utf8 {
      client.send([byte])
      usleep(50_000)
    }
    // Each byte would have given it 300 ms more.
    #expect(client.readAll(milliseconds: 100).contains("408"))
    let pipelined = try server.client(Self.get, body: "GET")
    #expect(pipelined.readAll(milliseconds: 1000).contains("408"))
  }

  @Test("goes on for as long as one may be idle, and no longer")
  func isIdle() async throws {
    var limits = Limits()
    limits.headTime = .milliseconds(100)
    limits.idleTime = .milliseconds(500)
    let client = try await server(limits).client(Self.get)
    #expect(client.read(until: "ok").contains("200"))
    usleep(250_000)
    client.send(HandlerServer.request(Self.get))
    #expect(client.read(until: "ok").contains("200"))
    #expect(client.isClosedByServer(within: 1500))
  }

  @Test("is refused beyond the most that may be open, and has room again when one ends")
  func isCounted() async throws {
    var limits = Limits()
    limits.connections = 2
    let server = try await server(limits)
    let first = try server.client(Self.get)
    #expect(first.read(until: "ok").contains("200"))
    var second: RawClient? = try server.client(Self.get)
    #expect(second?.read(until: "ok").contains("200") == true)
    #expect(try server.client(Self.get).readAll().isEmpty)
    second = nil
    for _ in 0..<200 where await server.connectionCount > 1 { usleep(10_000) }
    #expect(try server.client(Self.get).read(until: "ok").contains("200"))
  }

  @Test("ends with its client, and the handler that works for it is cancelled")
  func cancels() async throws {
    let ends = Findings<Bool>()
    let server = try await HandlerServer { request in
      do {
        try await Loop.sleep(for: .seconds(30))
        ends.add(false)
      } catch {
        ends.add(Task.isCancelled)
      }
      return Response()
    }
    var client: RawClient? = try server.client(Self.get)
    usleep(50_000)
    client = nil
    #expect(await ends.first() == [true])
    _ = client
    // One that has closed only its sending side counts as gone after a while.
    var limits = Limits()
    limits.halfCloseTime = .milliseconds(200)
    let half = try await self.server(limits)
    let patient = try half.client("GET /wait HTTP/1.1")
    patient.endSending()
    #expect(patient.readAll(milliseconds: 1000).isEmpty)
  }

  @Test("ends with the answer when its client will send no more")
  func endsHalfClosed() async throws {
    let client = try await server().client("GET /wait HTTP/1.1")
    client.endSending()
    #expect(client.read(until: "ok").contains("\r\nconnection: close\r\n"))
    #expect(client.isClosedByServer(within: 500))
  }

  @Test("ends when the body that its answer did not wait for never comes")
  func timesUnreadBodies() async throws {
    var limits = Limits()
    limits.bodyTime = .milliseconds(200)
    let server = try await HandlerServer(limits: limits) { _ in
      Response(body: .bytes([UInt8](repeating: 65, count: 20_000_000)))
    }
    let client = try server.client("POST / HTTP/1.1", "Content-Length: 5")
    usleep(100_000)
    let answer = client.readAll(milliseconds: 1500)
    #expect(answer.utf8.count > 20_000_000)
    #expect(client.isClosedByServer(within: 100))
  }

  @Test("is not kept after a body that was left unread and is long, chunked or held back")
  func closesUnread() async throws {
    let server = try await server()
    let post = "POST / HTTP/1.1"
    for fields in [
      ["Content-Length: 65537"], ["Transfer-Encoding: chunked"],
      ["Content-Length: 5", "Expect: 100-continue"],
    ] {
      let client = try server.client()
      client.send(HandlerServer.request(post, fields))
      #expect(client.readAll(milliseconds: 1000).contains("connection: close"))
      #expect(client.isClosedByServer(within: 500))
    }
    let slow = try server.client("POST /wait HTTP/1.1", "Content-Length: 130000")
    slow.send(String(repeating: "x", count: 70_000))
    #expect(slow.read(until: "ok").contains("200"))
    slow.send(String(repeating: "x", count: 60_000) + HandlerServer.request(Self.get))
    #expect(slow.read(until: "ok").contains("200"))
    let short = try server.client()
    short.send(HandlerServer.request(post, ["Content-Length: 65536"]))
    #expect(!short.read(until: "ok").contains("connection: close"))
    short.send(String(repeating: "x", count: 65_536) + HandlerServer.request(Self.get))
    #expect(short.read(until: "ok").contains("200"))
  }

  @Test("closes its sending side first, and soon the other")
  func lingers() async throws {
    let client = try await server().client(Self.get, "Connection: close")
    #expect(client.read(until: "ok").contains("connection: close"))
    #expect(client.isClosedByServer(within: 500))
    // What is sent now is thrown away; no reset takes the answer away.
    client.send("more")
    usleep(100_000)
    #expect(client.sendWhatIsTaken(Array("more".utf8), milliseconds: 100) == 4)
    usleep(2_200_000)
    _ = client.sendWhatIsTaken(Array("more".utf8), milliseconds: 100)
    usleep(100_000)
    #expect(client.sendWhatIsTaken(Array("more".utf8), milliseconds: 100) == 0)
  }

  @Test("takes no more than a little ahead of what it answers")
  func boundsPipelines() async throws {
    let server = try await HandlerServer { _ in
      try? await Loop.sleep(for: .milliseconds(800))
      return Response(body: .bytes(Array("ok".utf8)))
    }
    let client = try server.client(Self.get)
    usleep(50_000)
    let many = [UInt8](repeating: 0, count: 64_000_000)
    #expect(client.sendWhatIsTaken(many, milliseconds: 200) < many.count / 2)
  }

  @Test("cuts an answer off, rather than begin another, when the rest of its request is malformed")
  func cutsOffBegunAnswers() async throws {
    let server = try await HandlerServer { _ in
      Response(
        body: .stream(length: nil) { writer in
          try await writer.write([65])
          try await Loop.sleep(for: .seconds(5))
        }
      )
    }
    let client = try server.client("POST / HTTP/1.1", "Transfer-Encoding: chunked")
    #expect(client.read(until: "1\r\nA\r\n").contains("200"))
    client.send("x\r\n")
    #expect(client.readAll(milliseconds: 1000).isEmpty)
    #expect(client.isClosedByServer(within: 500))
  }

  @Test("ends within the time that a server has to drain, also when its handler does not")
  func isCutOff() async throws {
    let server = try await HandlerServer { _ in
      try? await Loop.sleep(for: .seconds(30))
      return Response()
    }
    let client = try server.client(Self.get)
    usleep(50_000)
    #expect(try await server.drain(within: .milliseconds(200)) < .seconds(2))
    #expect(client.isClosedByServer(within: 500))
  }

  @Test("takes no other request while its server drains")
  func drains() async throws {
    let server = try await server()
    let client = try server.client("GET /wait HTTP/1.1")
    client.send(HandlerServer.request("GET /wait HTTP/1.1"))
    usleep(50_000)
    let idle = try server.client(Self.get)
    #expect(idle.read(until: "ok").contains("200"))
    #expect(try await server.drain(within: .seconds(9)) < .seconds(5))
    let answers = client.readAll()
    #expect(answers.contains("\r\nconnection: close\r\n\r\nok"))
    #expect(answers.split(separator: "HTTP/1.1 200").count == 1)
  }
}
