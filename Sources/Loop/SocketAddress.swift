import CLinux
import Glibc

/// Where a socket listens or connects: `127.0.0.1:8080`, `[::1]:8080`, `*:8080` (every interface)
/// or
/// `unix:/run/name.sock`. Addresses are numeric; ``resolve(host:port:)`` makes them from names.
package struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
  package enum Kind: Hashable, Sendable {
    case ipv4(bytes: [UInt8], port: UInt16)
    case ipv6(bytes: [UInt8], port: UInt16)
    case unix(path: String)
  }

  package let kind: Kind

  package init(_ kind: Kind) {
    self.kind = kind
  }

  /// - Returns: nil when `text` is no numeric address with a port and no `unix:` path that fits.
  package init?(_ text: String) {
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst(5))
      guard !path.isEmpty, path.utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path)
      else { return nil }
      self.init(.unix(path: path))
      return
    }
    guard let (host, port) = Self.split(text) else { return nil }
    self.init(host: host == "*" ? "::" : host, port: port)
  }

  package init?(host: String, port: UInt16) {
    var four = in_addr()
    var six = in6_addr()
    if inet_pton(AF_INET, host, &four) == 1 {
      kind = .ipv4(bytes: withUnsafeBytes(of: &four) { Array($0) }, port: port)
    } else if inet_pton(AF_INET6, host, &six) == 1 {
      kind = .ipv6(bytes: withUnsafeBytes(of: &six) { Array($0) }, port: port)
    } else {
      return nil
    }
  }

  /// `host:port` in its parts, the brackets of an IPv6 host taken off.
  package static func split(_ text: String) -> (host: String, port: UInt16)? {
    guard let colon = text.lastIndex(of: ":"),
      let port = UInt16(text[text.index(after: colon)...])
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    return host.isEmpty ? nil : (String(host), port)
  }

  /// The address without the port: what limits and logs go by; `local` for a Unix socket.
  package var host: String {
    switch kind {
    case .ipv4(let bytes, _): Self.text(AF_INET, bytes)
    case .ipv6(let bytes, _): Self.text(AF_INET6, bytes)
    case .unix: "local"
    }
  }

  package var description: String {
    switch kind {
    case .ipv4(_, let port): "\(host):\(port)"
    case .ipv6(_, let port): "[\(host)]:\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }

  private static func text(_ family: Int32, _ bytes: [UInt8]) -> String {
    var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    _ = inet_ntop(family, bytes, &buffer, socklen_t(buffer.count))
    return buffer.withUnsafeBufferPointer { text in
      text.baseAddress.map { String(cString: $0) } ?? ""
    }
  }
}

// MARK: - As C sees it

extension SocketAddress {
  var family: Int32 {
    switch kind {
    case .ipv4: AF_INET
    case .ipv6: AF_INET6
    case .unix: AF_UNIX
    }
  }

  func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    switch kind {
    case .ipv4(let bytes, let port):
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: bytes) }
      return Self.pass(&address, body)
    case .ipv6(let bytes, let port):
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: bytes) }
      return Self.pass(&address, body)
    case .unix(let path):
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
      return Self.pass(&address, body)
    }
  }

  /// - Returns: nil for a family that is neither IPv4 nor IPv6.
  init?(_ storage: sockaddr_storage) {
    var storage = storage
    switch Int32(storage.ss_family) {
    case AF_INET:
      let address = withUnsafeBytes(of: &storage) { $0.loadUnaligned(as: sockaddr_in.self) }
      let bytes = withUnsafeBytes(of: address.sin_addr) { Array($0) }
      kind = .ipv4(bytes: bytes, port: UInt16(bigEndian: address.sin_port))
    case AF_INET6:
      let address = withUnsafeBytes(of: &storage) { $0.loadUnaligned(as: sockaddr_in6.self) }
      let bytes = withUnsafeBytes(of: address.sin6_addr) { Array($0) }
      let port = UInt16(bigEndian: address.sin6_port)
      // An IPv4 peer of a socket that listens on every interface (RFC 4291 §2.5.5.2).
      let isMapped =
        bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
      kind =
        isMapped
        ? .ipv4(bytes: Array(bytes.suffix(4)), port: port) : .ipv6(bytes: bytes, port: port)
    default:
      return nil
    }
  }

  private static func pass<Address, Result>(
    _ address: inout Address,
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<Address>.size))
      }
    }
  }
}
