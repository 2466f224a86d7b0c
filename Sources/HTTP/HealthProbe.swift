import Glibc
import Loop

/// Asks a process on this machine for its health, so that images need no curl.
package enum HealthProbe {
  /// Ends the process: 0 when `GET /health` at `address` is answered with 200 within 3 s, else 1.
  package static func run(_ address: String) -> Never {
    guard let address = SocketAddress(address) else { fail("LISTEN is not an address") }
    do {
      let answer = try ask(
        reachable(address),
        "GET /health HTTP/1.1\r\nHost: health\r\nConnection: close\r\n\r\n"
      )
      guard answer.hasPrefix("HTTP/1.1 200 ") else {
        fail(String(answer.prefix { $0 != "\r\n" }))
      }
      exit(0)
    } catch {
      fail("\(error)")
    }
  }

  private static func fail(_ reason: String) -> Never {
    print("unhealthy: \(reason)")
    exit(1)
  }

  /// Who listens on every interface is reached on the loopback one.
  private static func reachable(_ address: SocketAddress) -> SocketAddress {
    guard case .ipv6(let bytes, let port) = address.kind, bytes.allSatisfy({ $0 == 0 }) else {
      guard case .ipv4(let bytes, let port) = address.kind, bytes.allSatisfy({ $0 == 0 }) else {
        return address
      }
      return SocketAddress(.ipv4(bytes: [127, 0, 0, 1], port: port))
    }
    return SocketAddress(.ipv4(bytes: [127, 0, 0, 1], port: port))
  }

  private static func ask(_ address: SocketAddress, _ request: String) throws -> String {
    let descriptor = try Socket.connect(to: address)
    defer { close(descriptor) }
    guard wait(descriptor, POLLOUT) else { throw SystemError(code: ETIMEDOUT, call: "connect") }
    let code = Socket.error(of: descriptor)
    guard code == 0 else { throw SystemError(code: code, call: "connect") }
    _ = Array(request.utf8).withUnsafeBytes {
      send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    guard wait(descriptor, POLLIN) else { throw SystemError(code: ETIMEDOUT, call: "recv") }
    var buffer = [UInt8](repeating: 0, count: 1024)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
  }

  private static func wait(_ descriptor: Int32, _ event: Int32) -> Bool {
    var ready = pollfd(fd: descriptor, events: Int16(event), revents: 0)
    return poll(&ready, 1, 3000) > 0
  }
}
