import Glibc
import Loop

/// The event loop of the test process, on a thread of its own.
package enum TestLoop {
  private static let thread: Void = {
    Loop.ignoreBrokenPipes()
    var thread = pthread_t()
    pthread_create(
      &thread,
      nil,
      { @Sendable _ in
        Loop.run()
        return nil
      },
      nil
    )
    pthread_detach(thread)
  }()

  /// Starts it with the first call.
  package static func start() {
    _ = thread
  }
}
