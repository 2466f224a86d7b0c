import Crypto
import Glibc
package import HTTP
package import Loop

/// The address that a request came from: what is said of it counts only when the dispatcher signed
/// it.
package struct ClientAddress: Sendable {
  /// The signed header: `203.0.113.9;t=1767225600;v1=<hexadecimal HMAC-SHA-256 of what is before>`.
  package static let header: StaticString = "x-streamvibe-client"
  /// How old, in seconds, a signature may be.
  fileprivate static let tolerance = 30

  package let host: String

  /// A network of IPv6 is one customer, so its first 64 bits are counted together.
  package var limitKey: String {
    guard let address = SocketAddress(host: host, port: 0), case .ipv6(let bytes, _) = address.kind
    else { return host }
    return bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ":") + "::/64"
  }
}

/// Finds out a request's client address.
@Loop
package final class ClientAddressReader {
  private let mac: HMACSHA256?

  /// - Throws: when EDGE_PROXY_KEY can't be used.
  package init(_ configuration: Configuration) throws {
    mac = try configuration[.proxyKey].map { try HMACSHA256(key: $0.utf8.span) }
  }

  package func address(of request: Request) -> ClientAddress {
    ClientAddress(host: signedHost(request) ?? request.peer?.host ?? "local")
  }

  private func signedHost(_ request: Request) -> String? {
    guard let mac, request.count(of: ClientAddress.header) == 1,
      let text = request.header(ClientAddress.header)
    else { return nil }
    let parts = text.split(separator: ";", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[1].hasPrefix("t="), parts[2].hasPrefix("v1="),
      let stamp = Int(parts[1].dropFirst(2)), abs(stamp - Int(time(nil))) <= ClientAddress.tolerance
    else { return nil }
    let signed = "\(parts[0]);\(parts[1])"
    let code = Hex.decode(String(parts[2].dropFirst(3)).utf8.span)
    guard let code, (try? mac.isValid(code.span, for: signed.utf8.span)) == true else { return nil }
    return String(parts[0])
  }
}
