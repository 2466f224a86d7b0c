import CPostgres

/// Owns a PGconn.
final class ConnectionHandle {
  let pointer: OpaquePointer

  init(_ pointer: OpaquePointer) {
    self.pointer = pointer
    // libpq would print notices, and with them perhaps values, to stderr.
    PQsetNoticeReceiver(pointer, { @Sendable _, _ in }, nil)
  }

  deinit {
    PQfinish(pointer)
  }

  /// libpq's words, which hold host and user but no password and no values.
  var message: String {
    guard let text = PQerrorMessage(pointer) else { return "" }
    let message = String(cString: text)
    return message.hasSuffix("\n") ? String(message.dropLast()) : message
  }

  /// Asks the server to stop what the connection is doing. Blocks, and whoever uses the connection
  /// next may be hit, so it has to be closed afterwards.
  func canceller() -> (@Sendable () -> Void)? {
    guard let cancel = PQgetCancel(pointer) else { return nil }
    // A pointer is no Sendable; its number is, and it is used once.
    let number = UInt(bitPattern: cancel)
    return {
      guard let cancel = OpaquePointer(bitPattern: number) else { return }
      var message = [CChar](repeating: 0, count: 256)
      PQcancel(cancel, &message, Int32(message.count))
      PQfreeCancel(cancel)
    }
  }
}

extension ServerError {
  /// Of a result that reports an error; nil when libpq made it itself, because the connection broke.
  init?(_ result: OpaquePointer) {
    func field(_ code: Character) -> String? {
      PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) }
    }
    guard let sqlstate = field("C") else { return nil }
    self.init(sqlstate: sqlstate, message: field("M") ?? "")
    detail = field("D")
    hint = field("H")
    schema = field("s")
    table = field("t")
    column = field("c")
    constraint = field("n")
    routine = field("R")
    let severity = field("V")
    endsSession = severity == "FATAL" || severity == "PANIC"
  }
}
