import HTTP
import Loop

/// One part of the outside world: a mail server, later a platform. Each has a folder, and a place
/// in ``World``.
@Loop
protocol Emulator: AnyObject {
  /// What ``FaultSwitches`` calls it.
  nonisolated static var name: String { get }

  /// - Returns: nil for a path that is not its own.
  func answer(_ visit: Visit) async throws(Refusal) -> Response?

  /// Closes what it has opened.
  func stop()
}
