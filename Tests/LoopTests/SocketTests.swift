import Glibc
import Loop
import TestSupport
import Testing

@Suite("A listener")
struct ListenerTests {
  private func path() -> String {
    "/tmp/streamvibe-test-socket-\(UInt64.random(in: 0...UInt64.max))"
  }

  @Test("takes a socket's path over from a process that was killed, and from no other")
  func takesPathsOver() throws {
    let path = path()
    defer { unlink(path) }
    let address = try #require(SocketAddress("unix:\(path)"))
    let first = try Socket.listen(on: address)
    #expect { try Socket.listen(on: address) } throws: {
      ($0 as? SystemError)?.code == EADDRINUSE
    }
    #expect(access(path, F_OK) == 0)
    close(first)
    close(try Socket.listen(on: address))
  }

  @Test("leaves no socket's path behind when it is closed")
  func leavesNoPath() async throws {
    let path = path()
    let address = try #require(SocketAddress("unix:\(path)"))
    try await onLoop {
      let listener = try Listener(on: address)
      #expect(access(path, F_OK) == 0)
      listener.close()
    }
    #expect(access(path, F_OK) != 0)
  }

  @Test("on every interface takes clients of IPv4, whose addresses are theirs")
  func takesIPv4() async throws {
    let peers = Findings<String?>()
    let port = try await onLoop { () -> UInt16 in
      let any = try #require(SocketAddress("*:0"))
      let listener = try Listener(on: any)
      try listener.start { descriptor, peer in
        close(descriptor)
        peers.add(peer?.host)
      }
      guard case .ipv6(_, let port) = listener.address.kind else { throw CancellationError() }
      return port
    }
    let address = try #require(SocketAddress("127.0.0.1:\(port)"))
    _ = try RawClient(address).readAll()
    #expect(await peers.first() == ["127.0.0.1"])
  }
}

@Suite("What the loop watches")
struct WatchTests {
  private final class Source: EventSource {
    func ready(_ readiness: Readiness) {}
  }

  @Test("is let go of when the watch ends, or never began")
  func isLetGo() async throws {
    try await onLoop {
      var ends: [Int32] = [0, 0]
      try #require(pipe(&ends) == 0)
      defer { for end in ends { close(end) } }
      weak var watched: Source?
      do {
        let source = Source()
        watched = source
        try Loop.watch(ends[0], for: .readable, source: source)
      }
      #expect(watched != nil)
      Loop.unwatch(ends[0])
      #expect(watched == nil)
      // A file can't be watched (epoll_ctl(2)).
      let file = open("/proc/self/exe", O_RDONLY)
      defer { close(file) }
      do {
        let source = Source()
        watched = source
        #expect(throws: SystemError.self) {
          try Loop.watch(file, for: .readable, source: source)
        }
      }
      #expect(watched == nil)
    }
  }
}

@Suite("A timer")
struct TimerTests {
  @Test("that is put forward fires then, once, and is off after it")
  func isPutForward() async throws {
    try await onLoop {
      var fired = 0
      let timer = LoopTimer { fired += 1 }
      timer.schedule(after: .milliseconds(100))
      timer.schedule(after: .milliseconds(10))
      try await Loop.sleep(for: .milliseconds(50))
      #expect(fired == 1)
      #expect(!timer.isScheduled)
      try await Loop.sleep(for: .milliseconds(100))
      #expect(fired == 1)
      timer.schedule(at: .now + .seconds(-5))
      try await Loop.sleep(for: .milliseconds(20))
      #expect(fired == 2)
    }
  }

  @Test("may be scheduled again after it was forgotten with many others")
  func isScheduledAgain() async throws {
    try await onLoop {
      var hasFired = false
      let timer = LoopTimer { hasFired = true }
      timer.schedule(after: .milliseconds(200))
      timer.cancel()
      for _ in 0..<5000 {
        let other = LoopTimer {}
        other.schedule(after: .seconds(3600))
        other.cancel()
      }
      timer.schedule(after: .milliseconds(300))
      try await Loop.sleep(for: .milliseconds(600))
      #expect(hasFired)
    }
  }

  @Test("fires though tasks never stop to have work")
  func firesAmongJobs() async throws {
    let hasFired = try await onLoop {
      var hasFired = false
      let timer = LoopTimer { hasFired = true }
      timer.schedule(after: .milliseconds(5))
      let start = Instant.now
      while !hasFired, Instant.now - start < .seconds(3) { await Task.yield() }
      return hasFired
    }
    #expect(hasFired)
  }
}
