import Glibc

/// Writes to a descriptor without blocking and without making the descriptor itself non-blocking,
/// which would do so for every process that shares the terminal or pipe.
struct LogChannel: ~Copyable {
  private enum Kind {
    case socket
    /// A description of our own for the same pipe or terminal, opened non-blocking.
    case reopened
    /// A pipe that may not be opened anew: asked with poll(2) before each write.
    case polled
    /// A regular file, which never blocks and whose offset is shared.
    case file
  }

  /// The descriptor that is written to.
  let descriptor: Int32
  private let kind: Kind

  /// Up to so many bytes a pipe takes at once or not at all (pipe(7)), so that lines of several
  /// processes never mix.
  private static let atomicSize = 4096

  /// - Parameter mayReopen: off to do as where the kernel refuses that.
  init(_ descriptor: Int32, mayReopen: Bool = true) {
    var status = stat()
    fstat(descriptor, &status)
    switch status.st_mode & S_IFMT {
    case S_IFSOCK:
      (self.descriptor, kind) = (descriptor, .socket)
    case S_IFIFO, S_IFCHR:
      let own =
        !mayReopen
        ? -1
        : open(
          "/proc/self/fd/\(descriptor)",
          O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_APPEND
        )
      (self.descriptor, kind) = own >= 0 ? (own, .reopened) : (descriptor, .polled)
    default:
      (self.descriptor, kind) = (descriptor, .file)
    }
  }

  deinit {
    if kind == .reopened { close(descriptor) }
  }

  /// Takes from the front of `lines` what the reader accepts now.
  ///
  /// - Returns: how many lines had to be given up because the reader is gone.
  func write(_ lines: inout [UInt8]) -> Int {
    var position = 0
    var lost = 0
    while position < lines.count {
      let end = kind == .file ? lines.count : Self.portion(of: lines, from: position)
      let written = lines.withUnsafeBytes {
        write(UnsafeRawBufferPointer(rebasing: $0[position..<end]))
      }
      if written > 0 {
        position += written
      } else if written == 0 || errno == EAGAIN {
        break
      } else if errno != EINTR {
        lost = lines[position...].count { $0 == UInt8(ascii: "\n") }
        position = lines.count
      }
    }
    lines.removeFirst(position)
    return lost
  }

  private func write(_ bytes: UnsafeRawBufferPointer) -> Int {
    switch kind {
    case .socket:
      return send(
        descriptor,
        bytes.baseAddress,
        bytes.count,
        Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
      )
    case .polled:
      var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      guard poll(&request, 1, 0) > 0 else { return 0 }
      return Glibc.write(descriptor, bytes.baseAddress, min(bytes.count, Self.atomicSize))
    case .reopened, .file:
      return Glibc.write(descriptor, bytes.baseAddress, bytes.count)
    }
  }

  /// As many whole lines as fit in one atomic write, or one line that is longer.
  private static func portion(of lines: [UInt8], from start: Int) -> Int {
    guard lines.count - start > atomicSize else { return lines.count }
    let newline = UInt8(ascii: "\n")
    if let last = lines[start..<start + atomicSize].lastIndex(of: newline) { return last + 1 }
    return lines[start...].firstIndex(of: newline).map { $0 + 1 } ?? lines.count
  }
}
