import HTTP
import Loop
import TestSupport
import Testing

@testable import dispatcher

/// A forwarder before a service, both in this process.
@Loop
private final class Pair {
  let service: Server
  let front: Server
  let forwarder: Forwarder
  let upstream: Upstream

  /// - Parameter answers: what the service does.
  init(
    _ limits: Upstream.Limits = Upstream.Limits(),
    answers: @escaping @Loop (Request) async -> Response = { _ in Response(status: 200) }
  ) throws {
    let anywhere = try #require(SocketAddress("127.0.0.1:0"))
    service = try Server(
      on: anywhere,
      handler: AsyncHandler(refusal: { Response(status: $0.status) }, respond: answers)
    )
    let origins = AllowedOrigins("*")
    forwarder = Forwarder(
      limits: Forwarder.Limits(),
      rewriter: RequestRewriter(
        trustedProxies: try TrustedProxies(""),
        hops: 1,
        origins: origins,
        key: nil
      ),
      origins: origins,
      own: OwnAnswers(health: HealthReport(), openAPI: nil)
    )
    upstream = Upstream(name: "one", limits: limits)
    upstream.serve(from: [UpstreamTarget(service.address)])
    forwarder.install([(upstream, ["/one"])])
    front = try Server(on: anywhere, handler: forwarder)
  }

  var serviceConnections: Int { service.connectionCount }
  var address: SocketAddress { front.address }
  var isBusy: Bool { upstream.active > 0 || upstream.waitingCount > 0 }

  /// Waits until the service has so many connections.
  func serviceHas(_ count: Int) async -> Bool {
    for _ in 0..<400 where service.connectionCount != count {
      try? await Loop.sleep(for: .milliseconds(10))
    }
    return service.connectionCount == count
  }
}

@Suite("A service's connections")
struct UpstreamTests {
  init() { TestLoop.start() }

  private static func get(_ client: RawClient, _ path: String = "/one") -> String {
    client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
    return client.read(until: "\r\n\r\n")
  }

  @Test("are used again by other clients' requests")
  func areUsedAgain() async throws {
    let pair = try await Loop.task { Result { try Pair() } }.value.get()
    for _ in 0..<20 {
      let client = try RawClient(await pair.address)
      #expect(Self.get(client).hasPrefix("HTTP/1.1 200"))
    }
    #expect(await pair.serviceConnections == 1)
    #expect(await !pair.isBusy)
  }

  @Test("are closed when they have been idle for a while")
  func areClosedWhenIdle() async throws {
    var limits = Upstream.Limits()
    limits.idleTime = .milliseconds(100)
    let pair = try await Loop.task { [limits] in Result { try Pair(limits) } }.value.get()
    let client = try RawClient(await pair.address)
    #expect(Self.get(client).hasPrefix("HTTP/1.1 200"))
    #expect(await pair.serviceHas(1))
    #expect(await pair.serviceHas(0))
    #expect(Self.get(client).hasPrefix("HTTP/1.1 200"))
  }

  @Test("go to the new address after a switch, and those to the old one are closed")
  func follow() async throws {
    let old = try await Loop.task { Result { try Pair() } }.value.get()
    let new = try await Loop.task { Result { try Pair() } }.value.get()
    let client = try RawClient(await old.address)
    #expect(Self.get(client).hasPrefix("HTTP/1.1 200"))
    await Loop.task { old.upstream.serve(from: [UpstreamTarget(new.service.address)]) }.value
    #expect(await old.serviceHas(0))
    #expect(Self.get(client).hasPrefix("HTTP/1.1 200"))
    #expect(await new.serviceConnections == 1)
  }

  @Test("that do not come about end in 503 within the time for connecting")
  func giveUp() async throws {
    let pair = try await Loop.task { Result { try Pair() } }.value.get()
    // Nobody answers for TEST-NET-1 (RFC 5737); some machines say at once that it can't be reached.
    let nowhere = try #require(SocketAddress("192.0.2.1:9"))
    await Loop.task { pair.upstream.serve(from: [UpstreamTarget(nowhere)]) }.value
    let client = try RawClient(await pair.address)
    let start = Instant.now
    client.send("POST /one HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab")
    let answer = client.read(until: "}}", milliseconds: 8000)
    #expect(answer.hasPrefix("HTTP/1.1 503"))
    #expect(answer.contains("UNAVAILABLE"))
    #expect(Instant.now - start < .seconds(7))
    #expect(await !pair.isBusy)
  }

  @Test("carry no more requests at a time than there are places")
  func areLimited() async throws {
    var limits = Upstream.Limits()
    limits.concurrency = 3
    let pair = try await Loop.task { [limits] in
      Result {
        try Pair(limits) { _ in
          try? await Loop.sleep(for: .milliseconds(50))
          return Response(status: 200)
        }
      }
    }.value.get()
    let address = await pair.address
    let answers = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<12 {
        group.addTask {
          guard let client = try? RawClient(address) else { return false }
          return Self.get(client).hasPrefix("HTTP/1.1 200")
        }
      }
      return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    #expect(answers == 12)
    #expect(await pair.serviceConnections <= 3)
  }
}
