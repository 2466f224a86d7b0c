import CPostgres
import Glibc

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

  /// Takes what has arrived; false when the connection is broken.
  func readInput() -> Bool {
    guard PQsslInUse(pointer) == 1 else { return PQconsumeInput(pointer) == 1 }
    // TLS hands out whole records of up to 16 KB, of which libpq takes at least 8 KB at a time; a
    // rest that stays behind makes the socket readable no more. So it reads until it has done so
    // twice with nothing new on the socket.
    var idle = 0
    var rounds = 0
    while idle < 2 {
      var state = pollfd(fd: PQsocket(pointer), events: Int16(POLLIN), revents: 0)
      idle = poll(&state, 1, 0) > 0 ? 0 : idle + 1
      guard PQconsumeInput(pointer) == 1 else { return false }
      rounds += 1
      // More is on the socket, which the loop will report: others shall have their turn.
      if idle == 0, rounds > 64 { return true }
    }
    return true
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
