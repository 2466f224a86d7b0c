import Loop
import Testing

@testable import HTTPClient

@Suite("A transfer over TLS")
struct TLSTests {
  let server: TestServer

  init() async throws {
    server = try await TestServer.shared
  }

  @Test("speaks HTTP/1.1 or 2", arguments: ["tls", "h2"])
  func speaksTLS(name: String) async throws {
    let response = try await server.send(ClientRequest(.get, server.url("/hello", on: name))).get()
    #expect(response.status == 200)
    #expect(response.text == (name == "h2" ? "two" : "hello"))
  }

  @Test("fails when the server speaks plain http")
  func findsPlainServers() async throws {
    let port = try #require(server.ports["plain"])
    let result = await server.send(ClientRequest(.get, "https://127.0.0.1:\(port)/hello"))
    #expect(result.kind == .tls)
  }

  @Test("trusts the authorities that it was given, and no others")
  func trusts() async throws {
    let url = server.url("/hello", on: "tls")
    for (authorities, expected) in [
      (.file(server.authority), nil), (.folder(server.authorities), nil), (.system, .tls),
      (.folder("/nowhere"), .tls), (.file("/nowhere.pem"), .unavailable),
    ] as [(CertificateAuthorities, ClientError.Kind?)] {
      let kind = await Loop.task {
        await Client(transport: CurlTransport(authorities: authorities))
          .result(of: ClientRequest(.get, url)).kind
      }.value
      #expect(kind == expected, "\(authorities)")
    }
  }

  @Test("finds the system's authorities, be they a folder or a file")
  func findsAuthorities() {
    let folder = server.authorities
    #expect(CertificateAuthorities.installed(in: folder) == .folder(folder))
    let bundle = CertificateAuthorities.file("/nowhere/ca-certificates.crt")
    #expect(CertificateAuthorities.installed(in: "/nowhere") == bundle)
    let parent = String(folder.dropLast("/authorities".count))
    let other = CertificateAuthorities.file(parent + "/ca-certificates.crt")
    #expect(CertificateAuthorities.installed(in: parent) == other)
  }
}
