import Glibc

/// Bytes that wait until a slow reader takes them.
struct OutputQueue {
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

  /// Sends what the socket takes.
  ///
  /// - Returns: how many bytes have left; nil when the connection is broken.
  mutating func send(to descriptor: Int32) -> Int? {
    var sent = 0
    while !isEmpty {
      let result = bytes.withUnsafeBytes {
        Glibc.send(
          descriptor,
          $0.baseAddress.map { $0 + start },
          $0.count - start,
          Int32(MSG_NOSIGNAL)
        )
      }
      if result < 0 {
        guard errno == EAGAIN || errno == EINTR else { return nil }
        return sent
      }
      sent += result
      start += result
    }
    bytes = []
    start = 0
    return sent
  }
}
