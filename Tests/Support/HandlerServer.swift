import Glibc
package import HTTP
package import Loop

/// A server of a test's own, whose handler is the test's.
package struct HandlerServer {
  package let address: SocketAddress
  private let server: Server
  /// Those that outlive the test's interest in anything but their address.
  @Loop private static var running: [Server] = []

  /// - Parameter refusal: the answer to what the reader refuses; its status is the refusal's.
  package init(
    limits: Limits = Limits(),
    refusal: Response = Response(),
    respond: @escaping @Loop @Sendable (Request) async -> Response
  ) async throws {
    server = try await onLoop {
      guard let address = SocketAddress("127.0.0.1:0") else { throw CancellationError() }
      let handler = AsyncHandler(refusal: { _ in refusal }, respond: respond)
      let server = try Server(on: address, limits: limits, handler: handler)
      Self.running.append(server)
      return server
    }
    address = await server.address
  }

  package func client() throws -> RawClient { try RawClient(address) }

  /// A client that has sent `request`; lines end as they must, and Host is there.
  package func client(_ request: String, _ fields: String..., body: String = "") throws -> RawClient
  {
    let client = try client()
    client.send(Self.request(request, fields, body: body))
    return client
  }

  package static func request(_ line: String, _ fields: [String] = [], body: String = "") -> String
  {
    ([line, "Host: a"] + fields).map { $0 + "\r\n" }.joined() + "\r\n" + body
  }

  /// - Returns: how long it took, on the loop's own clock.
  package func drain(within time: Duration) async throws -> Duration {
    let server = server
    return try await onLoop {
      let start = Instant.now
      await server.drain(within: time)
      return .now - start
    }
  }

  package var connectionCount: Int { get async { await server.connectionCount } }
}

/// What a handler has found out, for its test.
@Loop
package final class Findings<Finding: Sendable> {
  package private(set) var list: [Finding] = []

  package nonisolated init() {}

  package func add(_ finding: Finding) { list.append(finding) }

  /// The findings once there are `count` of them; those that there are after two seconds.
  package nonisolated func first(_ count: Int = 1) async -> [Finding] {
    for _ in 0..<200 {
      if await list.count >= count { break }
      usleep(10_000)
    }
    return await list
  }
}
