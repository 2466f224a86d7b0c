import Glibc
package import Loop

/// A blocking client that sends bytes as they are: what no well-behaved client would send, too.
package final class RawClient {
  private let descriptor: Int32
  private var received: [UInt8] = []

  /// - Throws: when nobody listens at `address`.
  package init(_ address: SocketAddress) throws {
    descriptor = try Socket.connect(to: address)
    let flags = fcntl(descriptor, F_GETFL)
    var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    poll(&ready, 1, 5000)
    _ = fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK)
    let code = Socket.error(of: descriptor)
    guard code == 0 else { throw SystemError(code: code, call: "connect") }
  }

  deinit {
    close(descriptor)
  }

  package func send(_ text: String) {
    send(Array(text.utf8))
  }

  package func send(_ bytes: [UInt8]) {
    var start = 0
    while start < bytes.count {
      let sent = bytes.withUnsafeBytes {
        Glibc.send(
          descriptor,
          $0.baseAddress.map { $0 + start },
          $0.count - start,
          Int32(MSG_NOSIGNAL)
        )
      }
      if sent <= 0 { return }
      start += sent
    }
  }

  /// Sends as much of `bytes` as is taken until nothing has been for `milliseconds`.
  ///
  /// - Returns: how many bytes that was.
  package func sendWhatIsTaken(_ bytes: [UInt8], milliseconds: Int32) -> Int {
    var taken = 0
    while taken < bytes.count {
      var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      guard poll(&ready, 1, milliseconds) > 0 else { return taken }
      let sent = bytes.withUnsafeBytes {
        Glibc.send(
          descriptor,
          $0.baseAddress.map { $0 + taken },
          $0.count - taken,
          Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
        )
      }
      if sent <= 0 { return taken }
      taken += sent
    }
    return taken
  }

  /// Closes the sending side.
  package func endSending() {
    shutdown(descriptor, Int32(SHUT_WR))
  }

  /// All that arrives until the server closes, or for `milliseconds` without a byte.
  package func readAll(milliseconds: Int32 = 3000) -> String {
    while receive(milliseconds) {}
    defer { received = [] }
    return String(decoding: received, as: UTF8.self)
  }

  /// All that arrives until `text` has.
  package func read(until text: String, milliseconds: Int32 = 3000) -> String {
    while !String(decoding: received, as: UTF8.self).contains(text), receive(milliseconds) {}
    defer { received = [] }
    return String(decoding: received, as: UTF8.self)
  }

  /// Whether the server closes within the time; what it sends until then is thrown away.
  package func isClosedByServer(within milliseconds: Int32) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&ready, 1, milliseconds) > 0 else { return false }
      if recv(descriptor, &buffer, buffer.count, 0) <= 0 { return true }
    }
  }

  private func receive(_ milliseconds: Int32) -> Bool {
    var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&ready, 1, milliseconds) > 0 else { return false }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count > 0 else { return false }
    received.append(contentsOf: buffer[..<count])
    return true
  }
}
