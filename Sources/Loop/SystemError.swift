import Glibc

/// A system call that failed: which, and its errno.
package struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
  package let code: Int32
  package let call: String

  package init(code: Int32, call: String) {
    self.code = code
    self.call = call
  }

  package var description: String {
    "\(call): \(String(cString: strerror(code)))"
  }

  /// The one place where C's -1 becomes an error.
  @discardableResult
  package static func check(
    _ result: Int32,
    _ call: @autoclosure () -> String
  ) throws(SystemError) -> Int32 {
    guard result >= 0 else { throw SystemError(code: errno, call: call()) }
    return result
  }
}
