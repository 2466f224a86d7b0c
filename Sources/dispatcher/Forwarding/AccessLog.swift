import Loop
import Telemetry

/// One line a request.
struct AccessLog {
  /// - Parameters:
  ///   - bytes: of the answer's body.
  ///   - duration: from the request's head to the end of the answer, in nanoseconds.
  ///   - asked: how long the service took until its answer began, in nanoseconds.
  func note(
    _ request: ForwardedRequest,
    status: Int,
    bytes: Int,
    duration: UInt64,
    upstream: String?,
    asked: UInt64?
  ) {
    Log.info("request") { line in
      line.add("request_id", verbatim: request.bytes.slice(request.id))
      line.add("method", bytes: request.bytes.slice(request.methodName))
      line.add("path", bytes: request.bytes.slice(request.path))
      line.add("status", status)
      line.add("bytes", bytes)
      line.add("duration_ms", nanoseconds: duration)
      if let upstream { line.add("upstream", upstream) }
      if let asked { line.add("upstream_ms", nanoseconds: asked) }
    }
  }
}
