import CCurl
import Glibc
import Loop

extension SocketAddress {
  /// The address that libcurl is about to connect to.
  ///
  /// - Returns: nil for a family that is neither IPv4 nor IPv6.
  init?(_ address: UnsafeMutablePointer<curl_sockaddr>) {
    let start = UnsafeRawPointer(address) + (MemoryLayout<curl_sockaddr>.offset(of: \.addr) ?? 0)
    let bytes = UnsafeRawBufferPointer(start: start, count: Int(address.pointee.addrlen))
    switch address.pointee.family {
    case AF_INET where bytes.count >= 8:
      let port = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
      self.init(.ipv4(bytes: Array(bytes[4..<8]), port: port))
    case AF_INET6 where bytes.count >= 24:
      let port = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
      self.init(.ipv6(bytes: Array(bytes[8..<24]), port: port))
    default: return nil
    }
  }
}
