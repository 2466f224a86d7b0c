import Loop
import Testing

@testable import dispatcher

@Suite("The trusted proxies")
struct TrustedProxiesTests {
  @Test(
    "are the addresses of the list and of its blocks",
    arguments: [
      ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.1", false),
      ("192.168.4.0/22", "192.168.7.255", true), ("192.168.4.0/22", "192.168.8.0", false),
      ("203.0.113.7", "203.0.113.7", true), ("203.0.113.7", "203.0.113.8", false),
      ("0.0.0.0/0", "8.8.8.8", true), ("0.0.0.0/0", "::1", false),
      ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
      ("::1", "::1", true), ("127.0.0.1/32, ::1/128", "::1", true),
      ("127.0.0.1,10.1.0.0/16", "10.1.2.3", true), ("", "127.0.0.1", false),
      ("unix", "127.0.0.1", false), ("10.0.0.128/25", "10.0.0.127", false),
    ]
  )
  func match(list: String, peer: String, isTrusted: Bool) throws {
    let proxies = try TrustedProxies(list)
    let address = try #require(SocketAddress(host: peer, port: 9))
    #expect(proxies.contains(address) == isTrusted)
  }

  @Test("include Unix sockets only when the list says so")
  func unix() throws {
    #expect(try TrustedProxies("10.0.0.0/8,unix").contains(nil))
    #expect(try !TrustedProxies("0.0.0.0/0,::/0").contains(nil))
  }

  @Test(
    "are refused when an item is no address and no block",
    arguments: ["10.0.0.0/33", "::/129", "10.0.0/8", "localhost", "10.0.0.0/", "10.0.0.0/-1", "/8"]
  )
  func refuse(list: String) {
    #expect(throws: TrustedProxies.Malformed.self) { try TrustedProxies(list) }
  }
}

@Suite("The client's address")
struct ForwardedForTests {
  /// Reads header lines, from the last to the first, as the rewriter does.
  private static func client(_ fields: [String], hops: Int) -> String? {
    var chain = ForwardedFor(hops: hops)
    for field in fields.reversed() {
      var field = field
      let found = field.withUTF8 { bytes -> String? in
        chain.element(of: UnsafeRawBufferPointer(bytes)).map { String(decoding: $0, as: UTF8.self) }
      }
      if let found { return found }
    }
    return nil
  }

  @Test("is the N-th element from the right, over all fields")
  func countsFromTheRight() {
    let fields = ["6.6.6.6, 1.1.1.1", "2.2.2.2 ,\t3.3.3.3"]
    #expect(Self.client(fields, hops: 1) == "3.3.3.3")
    #expect(Self.client(fields, hops: 2) == "2.2.2.2")
    #expect(Self.client(fields, hops: 3) == "1.1.1.1")
    #expect(Self.client(fields, hops: 4) == "6.6.6.6")
    #expect(Self.client(fields, hops: 5) == nil)
  }

  @Test(
    "is read with brackets or a port, and written in one form",
    arguments: [
      ("203.0.113.7", "203.0.113.7"), ("203.0.113.7:4711", "203.0.113.7"),
      ("2001:DB8:0::1", "2001:db8::1"), ("[2001:db8::1]", "2001:db8::1"),
      ("[2001:db8::1]:443", "2001:db8::1"), ("::ffff:203.0.113.7", "203.0.113.7"),
      ("::", "::"),
    ]
  )
  func isCanonical(element: String, text: String) throws {
    #expect(try #require(AddressText(element)).description == text)
  }

  @Test(
    "is none when the element is no address",
    arguments: [
      "", "unknown", "_hidden", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4;t=1", ":80", "[", "[]",
      "[1.2.3.4", "12345::1", "1.2.3.4\r\nx: y",
      "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb",
    ]
  )
  func refuses(element: String) {
    #expect(AddressText(element) == nil)
  }

  @Test("is the peer's own text for a connection")
  func writesPeers() throws {
    let four = try #require(SocketAddress(host: "10.1.2.3", port: 1))
    let six = try #require(SocketAddress(host: "2001:db8::A", port: 1))
    #expect(AddressText(four).description == "10.1.2.3")
    #expect(AddressText(six).description == "2001:db8::a")
    #expect(AddressText(nil).description == "127.0.0.1")
  }
}
