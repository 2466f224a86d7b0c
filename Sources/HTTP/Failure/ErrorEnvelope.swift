package import JSON

/// The body of every answer that is not a success:
/// `{"success":false,"error":{"code":…,"message":…,"details":…,"request_id":…}}`.
package enum ErrorEnvelope {
  package static let contentType = "application/json; charset=utf-8"

  /// - Parameters:
  ///   - details: an array or object that says more; left out when nil.
  package static func bytes(
    _ code: ErrorCode,
    _ message: String,
    details: JSON? = nil,
    requestID: String
  ) -> [UInt8] {
    var error: [JSON.Member] = [
      JSON.Member("code", .string(code.rawValue)), JSON.Member("message", .string(message)),
    ]
    if let details { error.append(JSON.Member("details", details)) }
    error.append(JSON.Member("request_id", .string(requestID)))
    return JSON.object([JSON.Member("success", false), JSON.Member("error", .object(error))]).bytes
  }
}
