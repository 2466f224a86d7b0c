import Loop
import Testing

@testable import HTTPClient

@Suite("The public address policy")
struct PublicAddressTests {
  @Test(
    "admits what can be anybody's on the internet",
    arguments: [
      "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "93.184.216.34", "100.63.255.255",
      "100.128.0.0", "126.255.255.255", "128.0.0.1", "168.63.129.15", "168.63.129.17",
      "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0",
      "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "198.17.255.255",
      "198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0",
      "223.255.255.255", "2001:200::1", "2001:4860:4860::8888", "2606:4700::1111", "2003::1",
      "2a00:1450::1", "2001:db7:ffff::1", "2001:db9::1", "3ffe:ffff::1", "2620:1ec::1",
    ]
  )
  func admits(address: String) throws {
    #expect(try #require(SocketAddress(host: address, port: 443)).isPublic)
  }

  @Test(
    "excludes this machine, its networks, and what is set apart for a purpose",
    arguments: [
      // this network, private, carrier-grade NAT, loopback
      "0.0.0.0", "0.0.0.1", "0.255.255.255", "10.0.0.0", "10.0.0.1", "10.255.255.255",
      "100.64.0.0", "100.100.100.200", "100.127.255.255", "127.0.0.0", "127.0.0.1",
      "127.255.255.255",
      // link-local and metadata services
      "169.254.0.0", "169.254.169.254", "169.254.170.2", "169.254.255.255", "168.63.129.16",
      "192.0.0.192",
      // private, assignments, documentation, 6to4 relays, benchmarks
      "172.16.0.0", "172.16.0.1", "172.31.255.255", "192.0.0.0", "192.0.0.8", "192.0.0.170",
      "192.0.2.1", "192.88.99.1", "192.168.0.0", "192.168.1.1", "192.168.255.255", "198.18.0.1",
      "198.19.255.255", "198.51.100.1", "203.0.113.254",
      // multicast, reserved, broadcast
      "224.0.0.0", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
      // unspecified, loopback, IPv4-compatible and IPv4-mapped
      "::", "::1", "::2", "::7f00:1", "::10.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
      "::ffff:8.8.8.8", "::ffff:0:127.0.0.1",
      // NAT64, discard, Teredo, benchmarks, ORCHID, documentation, 6to4
      "64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::a00:1", "100::1", "2001::1", "2001:2::1",
      "2001:10::1", "2001:20::1", "2001:1ff:ffff::1", "2001:db8::1", "2001:db8:ffff::1",
      "2002:7f00:1::1", "2002:a00:1::1", "2002:808:808::1", "3fff::1", "3fff:fff::1", "5f00::1",
      // unique local (EC2's metadata), link-local, site-local, multicast
      "fc00::1", "fd00::1", "fd00:ec2::254", "fdff:ffff::1", "fe80::1", "fe80::a9fe:a9fe",
      "febf::1", "fec0::1", "ff01::1", "ff02::1", "ff0e::1", "4000::1", "1fff::1",
    ]
  )
  func excludes(address: String) throws {
    #expect(try !#require(SocketAddress(host: address, port: 443)).isPublic)
  }

  @Test("excludes sockets in the file system")
  func excludesUnixSockets() {
    #expect(!SocketAddress(.unix(path: "/run/x")).isPublic)
  }
}

@Suite("An address policy")
struct AddressPolicyTests {
  @Test(
    "judges a URL by its scheme and host",
    arguments: [
      ("https://example.com/a.png", true, true),
      ("https://EXAMPLE.com:8443/a?b#c", true, true),
      ("https://127.0.0.1/", true, true),
      ("http://example.com/", false, false),
      ("http://127.0.0.1:54324/x", false, true),
      ("http://127.1/", false, true),
      ("http://0x7f.0.0.1/", false, true),
      ("http://2130706433/", false, true),
      ("http://localhost:54324/x", false, true),
      ("http://LOCALHOST/x", false, true),
      ("http://[::1]/x", false, true),
      ("http://[0:0::0:1]/x", false, true),
      ("http://localhost.example.com/", false, false),
      ("http://127.0.0.1.example.com/", false, false),
      ("http://0.0.0.0/", false, false),
      ("http://10.0.0.1/", false, false),
      ("http://[::ffff:127.0.0.1]/", false, false),
      ("ftp://example.com/", false, false),
      ("file:///etc/passwd", false, false),
      ("gopher://127.0.0.1:6379/_x", false, false),
      ("dict://localhost/", false, false),
    ]
  )
  func judgesURLs(text: String, isPublic: Bool, isConfigured: Bool) {
    #expect(permits(.public, text) == isPublic)
    #expect(permits(.configured, text) == isConfigured)
  }

  @Test(
    "is not asked about what is no URL or holds credentials",
    arguments: [
      "", "example.com", "/path", "//example.com", "https://", "https:///x", "https:/example.com/",
      "https://a b/",
      "https://u:p@example.com/", "https://u@example.com/", "https://@example.com/",
      "https://:p@example.com/", "https://exa\nmple.com/", "https://example.com/\r\nX: y",
      "https://example.com:99999/", "https://example.com:x/",
      "https://[::1", "https://example.com\0.evil.example/", "https://exa mple.com",
      "https://a\\@b/", "javascript:alert(1)", "https://" + String(repeating: "a", count: 9000),
    ]
  )
  func refusesURLs(text: String) {
    #expect(!permits(.public, text))
    #expect(!permits(.configured, text))
  }

  @Test("admits plain http only to an address of this machine, whatever its name said")
  func judgesPlainAddresses() throws {
    let local = ["127.0.0.1", "127.8.9.1", "::1"]
    for text in local + ["10.0.0.1", "8.8.8.8", "::ffff:127.0.0.1", "fe80::1", "::2"] {
      let address = try #require(SocketAddress(host: text, port: 80))
      let policy = AddressPolicy.configured
      #expect(
        policy.permits(address, isPlain: true) { _ in true } == local.contains(text),
        "\(text)"
      )
      #expect(policy.permits(address, isPlain: false) { _ in false })
      #expect(!AddressPolicy.public.permits(address, isPlain: false) { _ in false })
    }
  }

  @Test("has limits of its own for what users name")
  func hasLimits() {
    let request = ClientRequest(.get, "https://example.com", addresses: .public)
    #expect(request.limits.body == 2 << 20)
    #expect(request.limits.total == .seconds(5))
    #expect(ClientRequest(.get, "https://example.com").limits == TransferLimits())
  }

  private func permits(_ policy: AddressPolicy, _ text: String) -> Bool {
    guard let url = URLHandle(text) else { return false }
    return policy.permits(url)
  }
}
