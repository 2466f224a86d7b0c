import Core
import Loop

/// What the sandbox stands in for.
@Loop
final class World {
  nonisolated static let settings = MailServer.settings

  let faults: FaultSwitches
  let emulators: [any Emulator]

  /// - Throws: when one of them can't be set up.
  init(_ configuration: Configuration) throws {
    faults = FaultSwitches(targets: [MailServer.name])
    emulators = [try MailServer(configuration, faults)]
  }
}
