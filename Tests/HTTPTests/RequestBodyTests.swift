import Glibc
import HTTP
import Loop
import TestSupport
import Testing

@Suite("A request's body")
struct RequestBodyTests {
  /// Collects up to ten bytes, on `/late` after 200 ms, and answers how many there were.
  private func server(limits: Limits = Limits()) async throws -> HandlerServer {
    try await HandlerServer(limits: limits) { request in
      if request.path == "/late" { try? await Loop.sleep(for: .milliseconds(200)) }
      do {
        let body = try await request.body.collect(upTo: 10)
        return Response(body: .bytes(Array("got \(body.count)".utf8)))
      } catch {
        return Response(status: (error as? ProtocolError)?.status ?? 500)
      }
    }
  }

  @Test(
    "may be as long as its limit and no longer, announced or not, asked for early or late",
    arguments: [("/now", 10, true), ("/now", 11, false), ("/late", 10, true), ("/late", 11, false)]
  )
  func isLimited(path: String, size: Int, isTaken: Bool) async throws {
    let server = try await server()
    let body = String(repeating: "x", count: size)
    let expected = isTaken ? "got 10" : "HTTP/1.1 413 "
    let announced = try server.client(
      "POST \(path) HTTP/1.1",
      "Content-Length: \(size)",
      body: body
    )
    #expect(announced.read(until: expected).contains(expected))
    let chunks = "\(String(size, radix: 16))\r\n\(body)\r\n0\r\n\r\n"
    let chunked = try server.client(
      "POST \(path) HTTP/1.1",
      "Transfer-Encoding: chunked",
      body: chunks
    )
    #expect(chunked.read(until: expected).contains(expected))
  }

  @Test("is not taken from the client before anybody asks for it, but for a little")
  func isSlowedDown() async throws {
    let sizes = Findings<Int>()
    let server = try await HandlerServer { request in
      try? await Loop.sleep(for: .milliseconds(1000))
      sizes.add((try? await request.body.collect(upTo: 100_000_000))?.count ?? -1)
      return Response(body: .bytes(Array("done".utf8)))
    }
    let size = 64_000_000
    let client = try server.client("POST / HTTP/1.1", "Content-Length: \(size)")
    let taken = client.sendWhatIsTaken([UInt8](repeating: 120, count: size), milliseconds: 300)
    // What the kernel holds; a server that read on would have taken more before it slowed down.
    #expect(taken < size / 8)
    client.send([UInt8](repeating: 120, count: size - taken))
    #expect(client.read(until: "done").contains("200 OK"))
    #expect(await sizes.list == [size])
  }

  private enum Break: CaseIterable { case gone, halfClosed, malformed }

  @Test("that breaks off is none, and ends the wait for it", arguments: Break.allCases)
  private func breaksOff(how: Break) async throws {
    let ends = Findings<Bool>()
    let server = try await HandlerServer { request in
      do {
        _ = try await request.body.collect(upTo: 10)
        ends.add(false)
      } catch {
        ends.add(error is CancellationError)
      }
      return Response()
    }
    let framing = how == .malformed ? "Transfer-Encoding: chunked" : "Content-Length: 5"
    var client: RawClient? = try server.client("POST / HTTP/1.1", framing, body: "3\r\n")
    switch how {
    case .gone: client = nil
    case .halfClosed: client?.endSending()
    case .malformed: client?.send("four\r\n")
    }
    if let client { #expect(client.readAll().contains("HTTP/1.1 400 ")) }
    #expect(await ends.first() == [true])
  }

  @Test("is asked for once, and only of a client that holds one back")
  func isAskedForOnce() async throws {
    let server = try await server()
    let without = try server.client("GET / HTTP/1.1", "Expect: 100-continue", "Connection: close")
    #expect(without.readAll().hasPrefix("HTTP/1.1 200"))
    let plain = try server.client("POST / HTTP/1.1", "Content-Length: 2", "Connection: close")
    usleep(50_000)
    plain.send("hi")
    #expect(plain.readAll().hasPrefix("HTTP/1.1 200"))
    let sent = try server.client(
      "POST / HTTP/1.1",
      "Content-Length: 2",
      "Expect: 100-continue",
      "Connection: close",
      body: "h"
    )
    usleep(50_000)
    sent.send("i")
    let answer = sent.readAll()
    #expect(answer.hasPrefix("HTTP/1.1 200") && answer.hasSuffix("got 2"))
  }

  @Test("that is late is refused, chunked or not, while a handler may take its time")
  func isTimed() async throws {
    var limits = Limits()
    limits.bodyTime = .milliseconds(150)
    let server = try await HandlerServer(limits: limits) { request in
      guard (try? await request.body.collect(upTo: 10)) != nil else { return Response() }
      try? await Loop.sleep(for: .milliseconds(400))
      return Response(body: .bytes(Array("in time".utf8)))
    }
    let post = "POST / HTTP/1.1"
    #expect(try server.client(post, "Content-Length: 2", body: "a").readAll().contains("408"))
    let chunked = try server.client(post, "Transfer-Encoding: chunked", body: "2\r\na")
    #expect(chunked.readAll().contains("408"))
    let whole = try server.client(post, "Content-Length: 2", "Connection: close", body: "ab")
    #expect(whole.readAll().hasSuffix("in time"))
  }

  @Test("has more time the more of it has arrived")
  func hasTime() async throws {
    var limits = Limits()
    limits.bodyTime = .milliseconds(150)
    let server = try await HandlerServer(limits: limits) { request in
      let body = try? await request.body.collect(upTo: 100_000)
      return Response(body: .bytes(Array("got \(body?.count ?? 0)".utf8)))
    }
    let client = try server.client("POST / HTTP/1.1", "Content-Length: 4801")
    // A second for each 8 KiB, so that these give 600 ms.
    client.send(String(repeating: "x", count: 4800))
    usleep(350_000)
    client.send("x")
    #expect(client.read(until: "got 4801").contains("200"))
    let late = try server.client("POST / HTTP/1.1", "Content-Length: 802")
    late.send(String(repeating: "x", count: 801))
    usleep(600_000)
    late.send("x")
    #expect(late.readAll().contains("408"))
  }

  @Test("that was slowed down has its time anew once it is asked for")
  func isTimedAnew() async throws {
    var limits = Limits()
    limits.bodyTime = .milliseconds(150)
    let server = try await HandlerServer(limits: limits) { request in
      try? await Loop.sleep(for: .milliseconds(300))
      _ = try? await request.body.collect(upTo: 10_000_000)
      return Response()
    }
    let client = try server.client("POST / HTTP/1.1", "Content-Length: 70001")
    client.send(String(repeating: "x", count: 70_000))
    #expect(client.readAll(milliseconds: 2000).contains("408"))
  }
}
