/// A request's head: where its parts stand in the bytes that it was read from.
package struct RequestHead: Sendable {
  package internal(set) var method = Method.get
  package internal(set) var methodName = ByteRange.none
  /// Path and query, of the absolute form too.
  package internal(set) var target = ByteRange.none
  package internal(set) var path = ByteRange.none
  /// What follows the `?`; nil without one.
  package internal(set) var query: ByteRange?
  /// The authority of an absolute-form target.
  var authority: ByteRange?
  /// 0 or 1.
  package internal(set) var minorVersion = 1
  package internal(set) var framing = Framing.none
  /// Whether the client wants the connection kept after the answer.
  package internal(set) var keepsAlive = true
  /// Whether the client waits for `100 Continue` before it sends the body.
  package internal(set) var expectsContinue = false
  /// Whether the client asks for another protocol (RFC 9110 §7.8).
  package internal(set) var wantsUpgrade = false
  package internal(set) var fields: [Field] = []
  /// The head's length, its last empty line included.
  package internal(set) var length = 0

  package init() {}
}

/// The methods that are read; every other is refused alike.
package enum Method: String, Sendable, CaseIterable {
  case get = "GET"
  case head = "HEAD"
  case post = "POST"
  case put = "PUT"
  case patch = "PATCH"
  case delete = "DELETE"
  case options = "OPTIONS"

  /// Whether a request may be sent a second time when its first answer was lost (RFC 9110 §9.2.2).
  package var isIdempotent: Bool {
    switch self {
    case .get, .head, .put, .delete, .options: true
    case .post, .patch: false
    }
  }

  init?(_ name: UnsafeRawBufferPointer) {
    switch name.count {
    case 3 where name.equals("GET"): self = .get
    case 3 where name.equals("PUT"): self = .put
    case 4 where name.equals("POST"): self = .post
    case 4 where name.equals("HEAD"): self = .head
    case 5 where name.equals("PATCH"): self = .patch
    case 6 where name.equals("DELETE"): self = .delete
    case 7 where name.equals("OPTIONS"): self = .options
    default: return nil
    }
  }
}
