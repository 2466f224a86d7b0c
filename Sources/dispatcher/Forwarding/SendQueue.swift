import Glibc
import Loop

/// Bytes on their way to a service that does not take them all at once.
struct SendQueue {
  private var bytes: [UInt8] = []
  private var start = 0

  var count: Int { bytes.count - start }
  var isEmpty: Bool { bytes.count == start }

  mutating func append(_ more: UnsafeRawBufferPointer) {
    if start > 65_536, start > bytes.count / 2 {
      bytes.removeFirst(start)
      start = 0
    }
    bytes.append(contentsOf: more)
  }

  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start...])) }
  }

  /// Sends what the socket takes, at once.
  ///
  /// - Returns: how many bytes have left; nil when the connection is broken.
  mutating func send(to descriptor: Int32) -> Int? {
    let sent = bytes.withUnsafeBytes { bytes in
      Self.send(UnsafeRawBufferPointer(rebasing: bytes[start...]), to: descriptor)
    }
    guard let sent else { return nil }
    start += sent
    if isEmpty { self = SendQueue() }
    return sent
  }

  static func send(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int? {
    let sent = Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    if sent < 0 { return errno == EAGAIN || errno == EINTR ? 0 : nil }
    return sent
  }

  /// Sends two stretches in one system call.
  static func send(
    _ first: UnsafeRawBufferPointer,
    _ second: UnsafeRawBufferPointer,
    to descriptor: Int32
  ) -> Int? {
    var parts: InlineArray<2, iovec> = [
      iovec(iov_base: UnsafeMutableRawPointer(mutating: first.baseAddress), iov_len: first.count),
      iovec(iov_base: UnsafeMutableRawPointer(mutating: second.baseAddress), iov_len: second.count),
    ]
    let sent = withUnsafeMutableBytes(of: &parts) { parts in
      var message = msghdr()
      message.msg_iov = parts.baseAddress?.assumingMemoryBound(to: iovec.self)
      message.msg_iovlen = 2
      return sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL))
    }
    if sent < 0 { return errno == EAGAIN || errno == EINTR ? 0 : nil }
    return sent
  }
}
