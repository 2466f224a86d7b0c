import Glibc
import Loop
import Testing

@testable import HTTPClient

@Suite("A transfer to a URL that a user gave")
struct PublicTransferTests {
  let server: TestServer

  init() async throws {
    server = try await TestServer.shared
  }

  private func request(_ url: String) -> ClientRequest {
    ClientRequest(.get, url, addresses: .public)
  }

  /// As if this machine were on the internet.
  private static func isTestServer(_ address: SocketAddress) -> Bool {
    address.host == "127.0.0.1"
  }

  @Test(
    "doesn't reach this machine or its network, however the host is written",
    arguments: [
      "127.0.0.1", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "localhost", "LocalHost",
      "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0.0.0.0", "0", "10.0.0.1",
      "169.254.169.254", "[fe80::1]", "[fd00:ec2::254]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
      "100.64.0.1", "192.168.0.1", "224.0.0.1",
    ]
  )
  func isKeptOut(host: String) async throws {
    let port = try #require(server.ports["tls"])
    let result = await server.send(request("https://\(host):\(port)/hello"))
    #expect(result.kind == .forbiddenAddress)
  }

  @Test("doesn't reach this machine by its own name")
  func isKeptOutByName() async throws {
    var name = [CChar](repeating: 0, count: 256)
    try #require(gethostname(&name, name.count) == 0)
    let host = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    let port = try #require(server.ports["tls"])
    let kind = await server.send(request("https://\(host):\(port)/hello")).kind
    // A machine may not know its own name; it never gets an answer.
    #expect(kind == .forbiddenAddress || kind == .unresolvable)
  }

  @Test("judges the address that is connected to, not the name")
  func judgesAddresses() async throws {
    let port = try #require(server.ports["tls"])
    let asking = request("https://localhost:\(port)/hello")
    let admitted = await server.send(asking, isPublic: Self.isTestServer)
    #expect((try? admitted.get())?.text == "hello")
    #expect(await server.send(asking, isPublic: { $0.host == "::1" }).kind == .forbiddenAddress)
  }

  @Test("never goes over a connection that was made by other rules")
  func doesNotShareConnections() async throws {
    let url = server.url("/hello", on: "tls")
    let kinds = await server.client { client in
      [
        await client.result(of: ClientRequest(.get, url)).kind,
        await client.result(of: ClientRequest(.get, url, addresses: .public)).kind,
        await client.result(of: ClientRequest(.get, url)).kind,
      ]
    }
    #expect(kinds == [nil, .forbiddenAddress, nil])
  }

  @Test("is https alone", arguments: ["http", "ftp", "file", "gopher", "ws"])
  func isSecure(scheme: String) async {
    let result = await server.send(request("\(scheme)://example.com/"))
    #expect(result.kind == .invalidURL)
  }

  @Test("is not redirected, whatever the request says")
  func isNotRedirected() async throws {
    let key = uniqueKey()
    let target = server.url("/hello?key=\(key)", on: "tls")
    var asking = request(server.url("/redirect?status=302&to=\(target)", on: "tls"))
    asking.redirects = 5
    let response = try await server.send(asking, isPublic: Self.isTestServer).get()
    #expect(response.status == 302)
    #expect(try await server.seen(key).requests == 0)
  }

  @Test("brings at most two megabytes")
  func isLimited() async throws {
    let full = request(server.url("/sized?size=\(2 << 20)", on: "tls"))
    let over = request(server.url("/sized?size=\(2 << 20 + 1)", on: "tls"))
    let bomb = request(server.url("/bomb", on: "tls"))
    #expect(try await server.send(full, isPublic: Self.isTestServer).get().body.count == 2 << 20)
    #expect(await server.send(over, isPublic: Self.isTestServer).kind == .tooLarge)
    #expect(await server.send(bomb, isPublic: Self.isTestServer).kind == .tooLarge)
  }

  @Test("takes at most five seconds")
  func isHurried() async throws {
    let asking = request(server.url("/silent", on: "tls"))
    let start = Instant.now
    #expect(await server.send(asking, isPublic: Self.isTestServer).kind == .timeout)
    #expect((.milliseconds(4900) ... .seconds(15)).contains(Instant.now - start))
  }
}

@Suite("A transfer to a URL from the settings")
struct ConfiguredTransferTests {
  let server: TestServer

  init() async throws {
    server = try await TestServer.shared
  }

  @Test("goes over plain http to this machine", arguments: ["127.0.0.1", "127.1", "localhost"])
  func isPlainHere(host: String) async throws {
    let port = try #require(server.ports["plain"])
    let result = await server.send(ClientRequest(.get, "http://\(host):\(port)/hello"))
    #expect(try result.get().text == "hello")
  }

  @Test("goes over plain http nowhere else", arguments: ["10.0.0.1", "example.com", "0.0.0.0"])
  func isSecureElsewhere(host: String) async throws {
    let port = try #require(server.ports["plain"])
    let result = await server.send(ClientRequest(.get, "http://\(host):\(port)/hello"))
    #expect(result.kind == .invalidURL)
  }

  @Test("follows redirects when asked to, over the real network")
  func followsRedirects() async throws {
    var asking = ClientRequest(.get, server.url("/redirect?status=302&to=/echo?a=1"))
    #expect(try await server.send(asking).get().status == 302)
    asking.redirects = 1
    #expect(try await server.send(asking).get().text.contains("\"target\": \"/echo?a=1\""))
  }
}
