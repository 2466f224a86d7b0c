import CLinux
import Glibc

/// A host name that has no address, with getaddrinfo's reason.
package struct NameResolutionError: Error, Sendable, CustomStringConvertible {
  package let host: String
  package let reason: String

  package var description: String { "\(host): \(reason)" }
}

extension SocketAddress {
  /// The addresses of a name, in the resolver's order; blocks, so it belongs on a ``WorkerPool``.
  ///
  /// - Throws: ``NameResolutionError``.
  package static func resolve(
    host: String,
    port: UInt16
  ) throws(NameResolutionError) -> [SocketAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &list)
    guard code == 0 else {
      throw NameResolutionError(host: host, reason: String(cString: gai_strerror(code)))
    }
    defer { freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var next = list
    while let entry = next {
      next = entry.pointee.ai_next
      guard let address = entry.pointee.ai_addr else { continue }
      var storage = sockaddr_storage()
      let size = min(Int(entry.pointee.ai_addrlen), MemoryLayout<sockaddr_storage>.size)
      withUnsafeMutableBytes(of: &storage) {
        $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: size))
      }
      if let address = SocketAddress(storage) { addresses.append(address) }
    }
    return addresses
  }
}
