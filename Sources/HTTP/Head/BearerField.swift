import Glibc

extension UnsafeRawBufferPointer {
  /// Of the value of an `Authorization` field what follows `Bearer` and spaces (RFC 6750 §2.1,
  /// RFC 9110 §11.4); nil when it is anything else.
  package var bearerToken: UnsafeRawBufferPointer? {
    let space = UInt8(ascii: " ")
    let scheme = prefix { $0 != space }
    let token = self[scheme.endIndex...].drop { $0 == space }
    guard UnsafeRawBufferPointer(rebasing: scheme).equalsIgnoringCase("bearer"),
      let start = UnsafeRawBufferPointer(rebasing: token).baseAddress, !token.isEmpty,
      memchr(start, Int32(space), token.count) == nil
    else { return nil }
    return UnsafeRawBufferPointer(rebasing: token)
  }
}
