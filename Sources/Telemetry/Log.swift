import Loop

/// The process's log: one JSON object a line on standard error.
///
/// ```swift
/// Log.configure(service: "dispatcher")
/// Log.info("listening") { $0.add("address", address.description) }
/// ```
///
/// Callable from any thread, before and after the loop runs. What looks like a secret or a mail
/// address is replaced by ``Redaction``, in messages and in text fields.
package enum Log {
  package enum Level: UInt8, Comparable, CaseIterable, Sendable {
    case debug, info, warning, error

    /// - Returns: nil for a name that is none of `debug`, `info`, `warning` and `error`.
    package init?(_ name: String) {
      guard let level = Self.allCases.first(where: { "\($0)" == name.lowercased() }) else {
        return nil
      }
      self = level
    }

    package static func < (left: Level, right: Level) -> Bool {
      left.rawValue < right.rawValue
    }

    var name: StaticString {
      switch self {
      case .debug: "debug"
      case .info: "info"
      case .warning: "warning"
      case .error: "error"
      }
    }
  }

  /// Names the process in each line, once at start.
  ///
  /// - Parameter level: the least that is written; by default what `LOG_LEVEL` says, or `info`.
  package static func configure(service: String, level: Level? = nil) {
    LogOutput.standardError.configure(
      service: service,
      level: level ?? Environment["LOG_LEVEL"].flatMap(Level.init) ?? .info
    )
  }

  /// Has the lines of each turn of the loop leave in one write, once the loop runs; those that wait
  /// when the process exits are written then.
  @Loop
  package static func flushEachTurn() {
    LogOutput.standardError.flushEachTurn()
  }

  package static func isWritten(_ level: Level) -> Bool {
    LogOutput.standardError.isWritten(level)
  }

  /// - Parameter fields: adds the line's fields; not called when the level is not written.
  package static func debug(
    _ message: @autoclosure () -> String,
    _ fields: (inout LogLine) -> Void = { _ in }
  ) {
    LogOutput.standardError.write(.debug, message(), fields)
  }

  package static func info(
    _ message: @autoclosure () -> String,
    _ fields: (inout LogLine) -> Void = { _ in }
  ) {
    LogOutput.standardError.write(.info, message(), fields)
  }

  package static func warning(
    _ message: @autoclosure () -> String,
    _ fields: (inout LogLine) -> Void = { _ in }
  ) {
    LogOutput.standardError.write(.warning, message(), fields)
  }

  package static func error(
    _ message: @autoclosure () -> String,
    _ fields: (inout LogLine) -> Void = { _ in }
  ) {
    LogOutput.standardError.write(.error, message(), fields)
  }
}
