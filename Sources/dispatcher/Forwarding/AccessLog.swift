import Loop
import Telemetry

/// One line a request.
struct AccessLog {
  /// - Parameters:
  ///   - bytes: of the answer's body.
  ///   - asked: how long the service took until its answer began.
  func note(
    _ request: ForwardedRequest,
    status: Int,
    bytes: Int,
    duration: Duration,
    upstream: String?,
    asked: Duration?
  ) {
    Log.info("request") { line in
      request.bytes.withUnsafeBytes { text in
        line.add("request_id", bytes: UnsafeRawBufferPointer(rebasing: text[request.id]))
        line.add("method", bytes: UnsafeRawBufferPointer(rebasing: text[request.methodName]))
        line.add("path", bytes: UnsafeRawBufferPointer(rebasing: text[request.path]))
      }
      line.add("status", status)
      line.add("bytes", bytes)
      line.add("duration_ms", duration)
      if let upstream { line.add("upstream", upstream) }
      if let asked { line.add("upstream_ms", asked) }
    }
  }
}
