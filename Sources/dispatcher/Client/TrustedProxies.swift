import Loop

/// The peers whose word about the client's address is taken: `TRUSTED_PROXIES`, a comma list of
/// addresses and CIDR blocks; `unix` stands for whoever connects over a Unix socket.
struct TrustedProxies: Sendable {
  fileprivate struct Block: Equatable {
    var prefix: [UInt8]
    var bits: Int
  }

  /// An item of the list that is neither an address nor a block.
  struct Malformed: Error, Equatable {
    let item: String
  }

  private var blocks: [Block] = []
  private var trustsUnix = false

  init(_ list: String) throws(Malformed) {
    for item in list.split(separator: ",") {
      let item = item.trimmed
      guard !item.isEmpty else { continue }
      if item == "unix" {
        trustsUnix = true
      } else if let block = Self.block(item) {
        blocks.append(block)
      } else {
        throw Malformed(item: item)
      }
    }
  }

  /// - Parameter peer: nil for a Unix socket.
  func contains(_ peer: SocketAddress?) -> Bool {
    switch peer?.kind {
    case .ipv4(let bytes, _), .ipv6(let bytes, _): blocks.contains { $0.contains(bytes) }
    case .unix, nil: trustsUnix
    }
  }

  private static func block(_ item: String) -> Block? {
    let parts = item.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count <= 2, let address = SocketAddress(host: parts[0], port: 0) else { return nil }
    let bytes: [UInt8]
    switch address.kind {
    case .ipv4(let four, _): bytes = four
    case .ipv6(let six, _): bytes = six
    case .unix: return nil
    }
    guard parts.count == 2 else { return Block(prefix: bytes, bits: bytes.count * 8) }
    guard let bits = Int(parts[1]), (0...bytes.count * 8).contains(bits) else { return nil }
    return Block(prefix: bytes, bits: bits)
  }
}

extension TrustedProxies.Block {
  func contains(_ address: [UInt8]) -> Bool {
    guard address.count == prefix.count else { return false }
    for index in 0..<(bits / 8) where address[index] != prefix[index] { return false }
    let rest = bits % 8
    guard rest > 0 else { return true }
    return (address[bits / 8] ^ prefix[bits / 8]) >> UInt8(8 - rest) == 0
  }
}
