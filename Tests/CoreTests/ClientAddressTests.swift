import Crypto
import Glibc
import HTTP
import Loop
import TestSupport
import Testing

@testable import Core

@Suite("A client's address")
struct ClientAddressTests {
  private static let key = "a key that only the dispatcher has"

  private func signed(
    _ address: String,
    age: Int = 0,
    stamp: String = "t",
    version: String = "v1"
  ) throws -> String {
    let text = "\(address);\(stamp)=\(Int(time(nil)) - age)"
    let code = try HMACSHA256(key: Self.key.utf8.span).authenticate(text.utf8.span)
    return "X-StreamVibe-Client: \(text);\(version)=\(Hex.encode(code.span))"
  }

  /// The address that is made of a request with these fields.
  private func address(_ fields: String..., key: String = key) async throws -> String {
    let reader = try await onLoop {
      try ClientAddressReader(Configuration(["EDGE_PROXY_KEY": key]))
    }
    let server = try await HandlerServer { request in
      Response(body: .bytes(Array(reader.address(of: request).host.utf8)))
    }
    let client = try server.client()
    client.send(HandlerServer.request("GET / HTTP/1.1", fields + ["Connection: close"]))
    return client.readAll().split(separator: "\r\n\r\n").last.map { String($0) } ?? ""
  }

  @Test("is what the dispatcher signed within half a minute")
  func isSigned() async throws {
    #expect(try await address(signed("203.0.113.9")) == "203.0.113.9")
    #expect(try await address(signed("2001:db8::1", age: 25)) == "2001:db8::1")
  }

  @Test("is the peer's where nothing was signed, or not as it must be")
  func isPeer() async throws {
    #expect(try await address() == "127.0.0.1")
    #expect(try await address(signed("203.0.113.9"), key: "") == "127.0.0.1")
    #expect(try await address(signed("203.0.113.9"), key: "another key") == "127.0.0.1")
    #expect(try await address(signed("203.0.113.9", age: 40)) == "127.0.0.1")
    #expect(try await address(signed("203.0.113.9", age: -40)) == "127.0.0.1")
    #expect(try await address(signed("203.0.113.9", stamp: "x")) == "127.0.0.1")
    #expect(try await address(signed("203.0.113.9", version: "v2")) == "127.0.0.1")
    #expect(
      try await address(signed("203.0.113.9"), signed("203.0.113.8")) == "127.0.0.1"
    )
  }

  @Test(
    "is counted alone, or with its network of IPv6, which no other is taken for",
    arguments: [
      ("203.0.113.9", "203.0.113.8", false), ("2001:db8:0:1::1", "2001:db8:0:1:ffff::", true),
      ("2001:db8:0:1::1", "2001:db8:0:2::1", false), ("1:1100::", "11:100::", false),
      ("local", "local", true),
    ]
  )
  func isCounted(one: String, other: String, together: Bool) {
    let keys = [one, other].map { ClientAddress(host: $0).limitKey }
    #expect((keys[0] == keys[1]) == together)
  }
}
