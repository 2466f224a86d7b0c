import HTTP
import Loop

/// One part of the outside world: a mail server, a platform. Each has a folder, and a place in
/// ``World``.
@Loop
protocol Emulator: AnyObject {
  /// - Returns: nil for a path that is not its own.
  func answer(_ visit: Visit) async throws(Refusal) -> Response?

  /// Back to how it was at the start.
  func reset()

  /// Closes what it has opened.
  func stop()
}

extension Emulator {
  func stop() {}
}
