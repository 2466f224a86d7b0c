import CLinux
import Glibc

extension Loop {
  /// Has the loop take `signals` instead of the process's default reaction.
  ///
  /// Called once, by the main thread before it starts others, since they inherit its mask.
  @Loop
  package static func handle(
    _ signals: [Int32],
    _ action: @escaping @Loop (Int32) -> Void
  ) throws(SystemError) {
    let source = try SignalSource(signals, action)
    try watch(source.descriptor, for: .readable, source: source)
  }

  /// A peer that closes early is an error of the write, not the process's death.
  package nonisolated static func ignoreBrokenPipes() {
    signal(SIGPIPE, SIG_IGN)
  }
}

/// A signalfd(2).
@Loop
private final class SignalSource: EventSource {
  let descriptor: Int32
  private let action: @Loop (Int32) -> Void

  init(_ signals: [Int32], _ action: @escaping @Loop (Int32) -> Void) throws(SystemError) {
    var mask = sigset_t()
    sigemptyset(&mask)
    for signal in signals { sigaddset(&mask, signal) }
    pthread_sigmask(SIG_BLOCK, &mask, nil)
    descriptor = try SystemError.check(
      signalfd(-1, &mask, Int32(SFD_NONBLOCK) | Int32(SFD_CLOEXEC)),
      "signalfd"
    )
    self.action = action
  }

  func ready(_ readiness: Readiness) {
    var info = signalfd_siginfo()
    while read(descriptor, &info, MemoryLayout<signalfd_siginfo>.size)
      == MemoryLayout<signalfd_siginfo>.size
    {
      action(Int32(info.ssi_signo))
    }
  }
}
