import Loop

/// Where a request may go.
package enum AddressPolicy: Sendable, Hashable, CaseIterable {
  /// For URLs that users give: https to public addresses, without redirects.
  case `public`
  /// For URLs from this process's settings: https, and plain http to the machine itself.
  case configured

  /// The limits of requests that bring none.
  package var limits: TransferLimits {
    switch self {
    case .public: TransferLimits(connect: .seconds(3), total: .seconds(5), body: 2 << 20)
    case .configured: TransferLimits()
    }
  }

  /// Judges a URL before any name is resolved.
  func permits(_ url: borrowing URLHandle) -> Bool {
    switch (self, url.scheme) {
    case (_, "https"): true
    case (.configured, "http"): url.isLoopback
    default: false
    }
  }

  /// Judges an address that is about to be connected to.
  func permits(_ address: SocketAddress, isPlain: Bool, isPublic: (SocketAddress) -> Bool) -> Bool {
    switch self {
    case .public: isPublic(address)
    case .configured: isPlain ? address.isLoopback : true
    }
  }
}

extension SocketAddress {
  /// Whether it can be anybody's on the internet: not this machine's or network's, none that is set
  /// apart for a purpose, and none that stands for an IPv4 address
  /// (IANA's registries of special-purpose addresses, RFC 6890).
  package var isPublic: Bool {
    switch kind {
    case .ipv4(let bytes, _): !Self.specialIPv4.contains { $0.contains(bytes) }
    case .ipv6(let bytes, _):
      Self.globalUnicast.contains(bytes) && !Self.specialIPv6.contains { $0.contains(bytes) }
    case .unix: false
    }
  }

  var isLoopback: Bool {
    switch kind {
    case .ipv4(let bytes, _): bytes[0] == 127
    case .ipv6(let bytes, _): bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
    case .unix: false
    }
  }

  private struct Block {
    let prefix: [UInt8]
    let bits: Int

    init(_ prefix: UInt8..., bits: Int) {
      self.prefix = prefix
      self.bits = bits
    }

    func contains(_ address: [UInt8]) -> Bool {
      for index in 0..<(bits + 7) / 8 {
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> min(8, bits - index * 8))
        let expected = index < prefix.count ? prefix[index] : 0
        guard address[index] & mask == expected & mask else { return false }
      }
      return true
    }
  }

  private static let specialIPv4: [Block] = [
    Block(0, bits: 8),  // this network
    Block(10, bits: 8),  // private
    Block(100, 64, bits: 10),  // carrier-grade NAT
    Block(127, bits: 8),  // loopback
    Block(168, 63, 129, 16, bits: 32),  // Azure's host
    Block(169, 254, bits: 16),  // link-local, metadata services
    Block(172, 16, bits: 12),  // private
    Block(192, 0, 0, bits: 24),  // protocol assignments, Oracle's metadata
    Block(192, 0, 2, bits: 24),  // documentation
    Block(192, 88, 99, bits: 24),  // 6to4 relays
    Block(192, 168, bits: 16),  // private
    Block(198, 18, bits: 15),  // benchmarks
    Block(198, 51, 100, bits: 24),  // documentation
    Block(203, 0, 113, bits: 24),  // documentation
    Block(224, bits: 4),  // multicast
    Block(240, bits: 4),  // reserved, broadcast
  ]

  /// All that lies outside is loopback, mapped, NAT64, unique local, link-local, multicast or
  /// reserved.
  private static let globalUnicast = Block(0x20, bits: 3)

  private static let specialIPv6: [Block] = [
    Block(0x20, 0x01, bits: 23),  // protocol assignments: Teredo, benchmarks, ORCHID
    Block(0x20, 0x01, 0x0D, 0xB8, bits: 32),  // documentation
    Block(0x20, 0x02, bits: 16),  // 6to4
    Block(0x3F, 0xFF, bits: 20),  // documentation
  ]
}
