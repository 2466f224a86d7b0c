import FoundationEssentials
import Glibc
import Loop
import Testing
import TestSupport

@testable import HTTPClient

/// `Tests/http-client/server.py` in a process of its own, which ends with this one.
struct TestServer: Sendable {
  private static let started = Task { try await start() }

  static var shared: TestServer {
    get async throws { try await started.value }
  }

  struct NotStarted: Error {}

  let ports: [String: Int]
  /// The file of the authority that signed the good certificates.
  let authority: String
  /// A folder that holds it under its hash.
  let authorities: String

  func url(_ path: String, on name: String = "plain") -> String {
    let scheme = ["plain", "hole", "unused"].contains(name) ? "http" : "https"
    return "\(scheme)://127.0.0.1:\(ports[name] ?? 0)\(path)"
  }

  /// Runs `body` on the loop with a client whose network is real and that trusts the authority.
  ///
  /// - Parameter isPublic: which addresses count as public.
  func client<Value: Sendable>(
    isPublic: @escaping @Sendable (SocketAddress) -> Bool = { $0.isPublic },
    _ body: @escaping @Loop @Sendable (Client) async -> Value
  ) async -> Value {
    TestLoop.start()
    let authority = authority
    return await Loop.task {
      let transport = CurlTransport(authorities: .file(authority), isPublic: isPublic)
      return await body(Client(transport: transport))
    }.value
  }

  func send(
    _ request: ClientRequest,
    isPublic: @escaping @Sendable (SocketAddress) -> Bool = { $0.isPublic }
  ) async -> Result<ClientResponse, ClientError> {
    await client(isPublic: isPublic) { await $0.result(of: request) }
  }

  /// What the server knows of the requests with `key`.
  func seen(_ key: String) async throws -> Seen {
    let response = try await send(ClientRequest(.get, url("/seen?key=\(key)"))).get()
    return try JSONDecoder().decode(Seen.self, from: Data(response.body))
  }

  struct Seen: Decodable {
    var requests: Int
    var connections: Int
    var lost: Int
    /// How many of the connections have ended.
    var closed: Int
  }

  private static func start() async throws -> TestServer {
    let folder = "/tmp/streamvibe-http-client-\(getpid())"
    let tools =
      "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/") + "/http-client"
    mkdir(folder, 0o700)
    try await ChildProcess.run(["\(tools)/certificates", folder])
    // A proxy that doesn't exist: what obeyed it would get no answer in any test.
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1)
    try ChildProcess.guarded(
      by: #"python3 "$1" "$2"; rm -r "$2""#,
      ["\(tools)/server.py", folder]
    )
    let start = Instant.now
    while Instant.now - start < .seconds(60) {
      if let data = try? Data(contentsOf: URL(filePath: folder + "/ports.json")) {
        let ports = try JSONDecoder().decode([String: Int].self, from: data)
        return TestServer(
          ports: ports,
          authority: folder + "/trusted.pem",
          authorities: folder + "/authorities"
        )
      }
      try await Task.sleep(for: .milliseconds(20))
    }
    throw NotStarted()
  }
}

extension Client {
  func result(of request: ClientRequest) async -> Result<ClientResponse, ClientError> {
    do {
      return .success(try await send(request))
    } catch {
      return .failure(error)
    }
  }
}

extension Result where Success == ClientResponse, Failure == ClientError {
  var kind: ClientError.Kind? {
    if case .failure(let error) = self { error.kind } else { nil }
  }
}

/// A value that no other test uses.
func uniqueKey() -> String {
  String(UInt64.random(in: 0...UInt64.max), radix: 36)
}
