internal import COpenSSL

/// What can go wrong below a token: in OpenSSL, in a key, in a sealed message.
///
/// No case carries key material or a message, so any of them may be logged.
package enum CryptoError: Error, Equatable, Sendable {
  /// OpenSSL refused; `reason` is its own text, empty when it gave none.
  case library(operation: String, reason: String)
  /// A key that can't be used, with the reason; a matter of configuration.
  case invalidKey(String)
  /// A sealed message was changed, cut, made with another key or for other associated data.
  case authenticationFailed
}

extension CryptoError {
  /// Takes the newest reason from OpenSSL's error queue of this thread and empties the queue.
  static func fromLibrary(_ operation: StaticString) -> CryptoError {
    var text = [CChar](repeating: 0, count: 256)
    let code = ERR_peek_last_error()
    if code != 0 { ERR_error_string_n(code, &text, text.count) }
    ERR_clear_error()
    let reason = String(
      decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
      as: UTF8.self
    )
    return .library(operation: "\(operation)", reason: reason)
  }

  /// OpenSSL's 1 for success becomes nothing, all else an error.
  static func check(_ status: Int32, _ operation: StaticString) throws(CryptoError) {
    guard status == 1 else { throw fromLibrary(operation) }
  }

  /// OpenSSL's null for "no memory" or "unknown" becomes an error.
  static func check<Handle>(
    _ handle: Handle?,
    _ operation: StaticString
  ) throws(CryptoError) -> Handle {
    guard let handle else { throw fromLibrary(operation) }
    return handle
  }
}
