import CCurl
import Loop

/// Transfers that share connections, driven by the loop (`curl_multi_socket_action`).
@Loop
final class CurlPool {
  /// The most connections to one host, and in all; further transfers wait for one.
  private static let hostLimit = 32
  private static let totalLimit = 128

  private let idleTime: Duration
  /// Made by the first transfer, and given up with its connections when none came for a while.
  private var multi: MultiHandle?
  private var transfers: [UnsafeMutableRawPointer: Transfer] = [:]
  private var watches: [Int32: SocketWatch] = [:]
  private lazy var timer = LoopTimer { [weak self] in self?.act(on: CURL_SOCKET_TIMEOUT, 0) }
  private lazy var idleTimer = LoopTimer { [weak self] in self?.closeIfIdle() }

  /// - Parameter idleTime: how long connections are kept when no transfer is on its way.
  init(idleTime: Duration) {
    self.idleTime = idleTime
  }

  func start(_ transfer: Transfer) {
    guard let multi = multi?.pointer ?? open(),
      curl_multi_add_handle(multi, transfer.handle) == CURLM_OK
    else { return transfer.finish(throwing: .unavailable) }
    transfers[transfer.handle] = transfer
    transfer.startClock { [weak self, weak transfer] in
      if let transfer { self?.giveUp(transfer, for: .timeout) }
    }
  }

  /// Does nothing when it has ended.
  func giveUp(_ transfer: Transfer, for reason: ClientError.Kind) {
    guard transfers[transfer.handle] != nil else { return }
    remove(transfer)
    transfer.finish(throwing: reason)
  }

  /// - Parameters:
  ///   - descriptor: a socket, or `CURL_SOCKET_TIMEOUT`.
  ///   - events: `CURL_CSELECT_…`.
  fileprivate func act(on descriptor: Int32, _ events: Int32) {
    guard let multi = multi?.pointer else { return }
    var running: Int32 = 0
    curl_multi_socket_action(multi, descriptor, events, &running)
    var code = CURLE_OK
    while let handle = curl_multi_next_done(multi, &code) {
      guard let transfer = transfers[handle] else { continue }
      remove(transfer)
      transfer.finish(code)
    }
  }

  private func remove(_ transfer: Transfer) {
    if let multi = multi?.pointer { curl_multi_remove_handle(multi, transfer.handle) }
    transfers[transfer.handle] = nil
    if transfers.isEmpty { idleTimer.schedule(after: idleTime) }
  }

  private func open() -> UnsafeMutableRawPointer? {
    guard let pointer = curl_multi_init() else { return nil }
    multi = MultiHandle(pointer: pointer)
    let context = Unmanaged.passUnretained(self).toOpaque()
    curl_multi_set_socket_watcher(pointer, socketChanged, context)
    curl_multi_set_timer(pointer, timerChanged, context)
    curl_multi_set_number(pointer, CURLMOPT_MAX_HOST_CONNECTIONS, Self.hostLimit)
    curl_multi_set_number(pointer, CURLMOPT_MAX_TOTAL_CONNECTIONS, Self.totalLimit)
    curl_multi_set_number(pointer, CURLMOPT_MAXCONNECTS, Self.totalLimit)
    return pointer
  }

  private func closeIfIdle() {
    guard transfers.isEmpty else { return }
    multi = nil
    timer.cancel()
  }

  // MARK: - What libcurl asks for

  fileprivate func watch(_ descriptor: Int32, _ what: Int32) {
    guard what != CURL_POLL_REMOVE else {
      if watches.removeValue(forKey: descriptor) != nil { Loop.unwatch(descriptor) }
      return
    }
    var interest: Readiness = []
    if what & CURL_POLL_IN != 0 { interest.insert(.readable) }
    if what & CURL_POLL_OUT != 0 { interest.insert(.writable) }
    if watches[descriptor] != nil {
      Loop.update(descriptor, for: interest)
      return
    }
    let watch = SocketWatch(descriptor, of: self)
    // Without its events the transfer ends by its time-out.
    guard (try? Loop.watch(descriptor, for: interest, source: watch)) != nil else { return }
    watches[descriptor] = watch
  }

  fileprivate func setTimer(_ milliseconds: Int) {
    if milliseconds < 0 {
      timer.cancel()
    } else {
      timer.schedule(after: .milliseconds(milliseconds))
    }
  }
}

/// Owns a `CURLM`; its transfers must have been removed before.
private struct MultiHandle: ~Copyable {
  let pointer: UnsafeMutableRawPointer

  deinit {
    // The pool that the callbacks would reach may be gone.
    curl_multi_set_socket_watcher(pointer, nil, nil)
    curl_multi_set_timer(pointer, nil, nil)
    curl_multi_cleanup(pointer)
  }
}

/// One socket of a pool.
@Loop
private final class SocketWatch: EventSource {
  private let descriptor: Int32
  private weak var pool: CurlPool?

  init(_ descriptor: Int32, of pool: CurlPool) {
    self.descriptor = descriptor
    self.pool = pool
  }

  func ready(_ readiness: Readiness) {
    var events: Int32 = 0
    if readiness.contains(.readable) { events |= CURL_CSELECT_IN }
    if readiness.contains(.writable) { events |= CURL_CSELECT_OUT }
    // Reading tells what broke.
    if !readiness.isDisjoint(with: .broken) { events |= CURL_CSELECT_IN | CURL_CSELECT_ERR }
    pool?.act(on: descriptor, events)
  }
}

private func socketChanged(
  _ easy: UnsafeMutableRawPointer?,
  _ descriptor: curl_socket_t,
  _ what: Int32,
  _ pool: UnsafeMutableRawPointer?,
  _ socketContext: UnsafeMutableRawPointer?
) -> Int32 {
  guard let pool else { return -1 }
  let owner = Unmanaged<CurlPool>.fromOpaque(pool).takeUnretainedValue()
  Loop.assumeIsolated { owner.watch(descriptor, what) }
  return 0
}

private func timerChanged(
  _ multi: UnsafeMutableRawPointer?,
  _ milliseconds: Int,
  _ pool: UnsafeMutableRawPointer?
) -> Int32 {
  guard let pool else { return -1 }
  let owner = Unmanaged<CurlPool>.fromOpaque(pool).takeUnretainedValue()
  Loop.assumeIsolated { owner.setTimer(milliseconds) }
  return 0
}
