import CLinux
import Glibc

/// Opening sockets: always non-blocking, never inherited by a child.
package enum Socket {
  /// - Throws: ``SystemError``; EADDRINUSE when somebody listens there already.
  package static func listen(
    on address: SocketAddress,
    backlog: Int32 = 4096
  ) throws(SystemError) -> Int32 {
    let descriptor = try open(address)
    do {
      switch address.kind {
      case .unix(let path):
        try removeStale(path, address)
      case .ipv6(let bytes, _):
        set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        let isAny = bytes.allSatisfy { $0 == 0 }
        set(descriptor, Int32(IPPROTO_IPV6), Int32(IPV6_V6ONLY), isAny ? 0 : 1)
      case .ipv4:
        set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
      }
      try SystemError.check(address.withSockaddr { bind(descriptor, $0, $1) }, "bind \(address)")
      try SystemError.check(Glibc.listen(descriptor, backlog), "listen \(address)")
      return descriptor
    } catch {
      close(descriptor)
      throw error
    }
  }

  /// Starts to connect; the descriptor becomes writable when that has ended, and ``error(of:)``
  /// says how.
  package static func connect(to address: SocketAddress) throws(SystemError) -> Int32 {
    let descriptor = try open(address)
    noDelay(descriptor)
    let result = address.withSockaddr { Glibc.connect(descriptor, $0, $1) }
    guard result < 0, errno != EINPROGRESS else { return descriptor }
    let failure = SystemError(code: errno, call: "connect \(address)")
    close(descriptor)
    throw failure
  }

  /// What went wrong on the socket since it was last asked (SO_ERROR); 0 when nothing did.
  package static func error(of descriptor: Int32) -> Int32 {
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
    return code
  }

  /// The port that the kernel chose for a socket bound to port 0.
  package static func localAddress(of descriptor: Int32) -> SocketAddress? {
    var storage = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &size)
      }
    }
    return result == 0 ? SocketAddress(storage) : nil
  }

  private static func open(_ address: SocketAddress) throws(SystemError) -> Int32 {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    return try SystemError.check(socket(address.family, type, 0), "socket \(address)")
  }

  /// A socket file that nobody listens on was left by a process that was killed.
  private static func removeStale(_ path: String, _ address: SocketAddress) throws(SystemError) {
    guard access(path, F_OK) == 0 else { return }
    let probe = try open(address)
    defer { close(probe) }
    if address.withSockaddr({ Glibc.connect(probe, $0, $1) }) == 0 || errno == EAGAIN {
      throw SystemError(code: EADDRINUSE, call: "bind \(address)")
    }
    unlink(path)
  }

  static func noDelay(_ descriptor: Int32) {
    set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
  }

  private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
    var value = value
    setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
  }
}

/// Accepts connections on one address.
@Loop
package final class Listener: EventSource {
  package let address: SocketAddress
  private let descriptor: Int32
  private var accepted: @Loop (Int32, SocketAddress?) -> Void = { _, _ in }
  private var isOpen = true
  /// Waits a little when the process is out of descriptors, instead of spinning.
  private lazy var pause = LoopTimer { [unowned self] in
    if isOpen { Loop.update(descriptor, for: .readable) }
  }

  /// - Throws: ``SystemError`` when the address can't be listened on.
  package init(on address: SocketAddress) throws(SystemError) {
    descriptor = try Socket.listen(on: address)
    self.address = Socket.localAddress(of: descriptor) ?? address
  }

  /// - Parameter accepted: gets each connection's descriptor, which it must close, and its peer
  ///   (nil for a Unix socket).
  package func start(
    accepted: @escaping @Loop (Int32, SocketAddress?) -> Void
  ) throws(SystemError) {
    self.accepted = accepted
    try Loop.watch(descriptor, for: .readable, source: self)
  }

  /// Takes no more connections; those that are open stay.
  package func close() {
    guard isOpen else { return }
    isOpen = false
    pause.cancel()
    Loop.unwatch(descriptor)
    Glibc.close(descriptor)
    if case .unix(let path) = address.kind { unlink(path) }
  }

  package func ready(_ readiness: Readiness) {
    // A bounded share of a turn, so that a flood of connections leaves time for those that are
    // open.
    for _ in 0..<64 where isOpen {
      var storage = sockaddr_storage()
      var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
      let connection = withUnsafeMutablePointer(to: &storage) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          linux_accept4(
            descriptor,
            $0,
            &size,
            Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
          )
        }
      }
      guard connection >= 0 else { return refused(errno) }
      Socket.noDelay(connection)
      accepted(connection, SocketAddress(storage))
    }
  }

  private func refused(_ code: Int32) {
    guard code == EMFILE || code == ENFILE || code == ENOMEM || code == ENOBUFS else { return }
    Loop.update(descriptor, for: [])
    pause.schedule(after: .milliseconds(100))
  }
}
