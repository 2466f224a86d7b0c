import Glibc
import Loop
import TestSupport
import Testing

@testable import HTTP

@Suite("A slow reader")
struct SlowReaderTests {
  /// Answers with twenty million bytes, which no kernel takes at once.
  private func client(
    limits: Limits,
    bytes: Int = 20_000_000
  ) async throws -> (RawClient, HandlerServer) {
    let server = try await HandlerServer(limits: limits) { _ in
      Response(body: .bytes([UInt8](repeating: 65, count: bytes)))
    }
    return (try server.client("GET / HTTP/1.1", "Connection: close"), server)
  }

  @Test("is dropped when it takes nothing, or next to nothing, for a while")
  func isDropped() async throws {
    var limits = Limits()
    limits.slowReaderTime = .milliseconds(200)
    limits.slowReaderBytes = 1 << 30
    let (client, server) = try await client(limits: limits)
    for _ in 0..<20 {
      _ = client.read(until: "A")
      usleep(50_000)
    }
    #expect(await server.connectionCount == 0)
    #expect(client.readAll().utf8.count < 20_000_000)
  }

  @Test("is dropped when it took much, and then nothing for a while")
  func isDroppedLater() async throws {
    var limits = Limits()
    limits.slowReaderTime = .milliseconds(200)
    // A kernel's buffers grow while much is taken: what is left then has to be more than they hold.
    let (client, server) = try await client(limits: limits, bytes: 60_000_000)
    var taken = 0
    while taken < 8_000_000 { taken += client.read(until: "A").utf8.count }
    usleep(1_000_000)
    #expect(await server.connectionCount == 0)
    #expect(client.readAll().utf8.count + taken < 60_000_000)
  }

  @Test("gets all of its answer for as long as it takes some of it")
  func isServed() async throws {
    var limits = Limits()
    limits.slowReaderTime = .milliseconds(400)
    let (client, _) = try await client(limits: limits)
    var bytes = 0
    for _ in 0..<12 {
      usleep(100_000)
      for _ in 0..<25 { bytes += client.read(until: "A").utf8.count }
    }
    bytes += client.readAll().utf8.count
    #expect(bytes > 20_000_000)
  }

  @Test("that has closed its sending side is gone a while after it has read what there was")
  func isGone() async throws {
    var limits = Limits()
    limits.halfCloseTime = .milliseconds(200)
    let server = try await HandlerServer(limits: limits) { _ in
      Response(
        body: .stream(length: nil) { writer in
          try await writer.write([UInt8](repeating: 65, count: 20_000_000))
          try await Loop.sleep(for: .seconds(30))
        }
      )
    }
    let client = try server.client("GET / HTTP/1.1")
    usleep(100_000)
    client.endSending()
    #expect(client.readAll(milliseconds: 1500).utf8.count > 20_000_000)
    #expect(client.isClosedByServer(within: 100))
  }
}

@Suite("What waits for a slow reader")
struct OutputQueueTests {
  @Test("leaves whole and in order, however the reader takes it")
  func keepsOrder() throws {
    var pair: [Int32] = [0, 0]
    // A process that another test starts must not keep an end open.
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    try #require(
      socketpair(AF_UNIX, kind, 0, &pair) == 0
    )
    defer { close(pair[0]) }
    var queue = OutputQueue()
    var sent = 0
    var expected: [UInt8] = []
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 150_000)
    // Much at first, then less than the reader takes: what has left is cleared away meanwhile.
    for round in 0..<40 {
      let size = round == 0 ? 600_000 : 30_000
      let piece = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ round) }
      expected += piece
      piece.withUnsafeBytes { queue.append($0) }
      let left = queue.send(to: pair[0])
      sent += try #require(left)
      let count = recv(pair[1], &buffer, 60_000, 0)
      if count > 0 { received += buffer[..<count] }
    }
    while received.count < expected.count {
      let count = recv(pair[1], &buffer, buffer.count, 0)
      if count > 0 { received += buffer[..<count] }
      let left = queue.send(to: pair[0])
      sent += try #require(left)
    }
    #expect(received == expected)
    #expect(sent == expected.count && queue.isEmpty)
    close(pair[1])
    [1].withUnsafeBytes { queue.append($0) }
    #expect(queue.send(to: pair[0]) == nil)
  }
}
