import HTTP
import Loop

/// What failures make of a call and of its answer.
@Loop
enum Strike {
  /// A client that waits longer for a hanging call waits for something else.
  private nonisolated static let hangTime: Duration = .seconds(300)
  private nonisolated static let pieces = 20

  /// The answer that comes in place of the platform's; nil when it is to answer after all.
  static func before(_ faults: [Fault]) async -> Response? {
    for fault in faults {
      switch fault.mode {
      case .delay: try? await Loop.sleep(for: .milliseconds(fault.milliseconds))
      case .hang:
        try? await Loop.sleep(for: hangTime)
        return Response(status: 504)
      case .fail: return refusal(fault, 503, "Service Unavailable")
      case .reject: return refusal(fault, 403, "Forbidden")
      case .error:
        var response = fault.row?.response ?? Response(status: 500)
        response.status = fault.status ?? response.status
        return retrying(response, fault)
      case .drop, .slow, .hostile: break
      }
    }
    return nil
  }

  private static func refusal(_ fault: Fault, _ status: Int, _ text: String) -> Response {
    let response = Response(
      status: fault.status ?? status,
      headers: [("content-type", "text/html; charset=utf-8")],
      body: .bytes(Array("<html><body><h1>\(text)</h1></body></html>\n".utf8))
    )
    return retrying(response, fault)
  }

  private static func retrying(_ response: Response, _ fault: Fault) -> Response {
    var response = response
    if let seconds = fault.retryAfter { response.headers.append(("retry-after", "\(seconds)")) }
    return response
  }

  /// The platform's answer as it arrives.
  static func after(_ faults: [Fault], _ response: Response, _ call: PlatformCall) -> Response {
    var response = response
    for fault in faults {
      switch fault.mode {
      case .hostile:
        response =
          fault.hostility?.apply(to: response, of: call, megabytes: fault.size) ?? response
      case .drop: response.body = cut(response.body)
      case .slow: response.body = slowed(response.body, fault.milliseconds)
      default: break
      }
    }
    return response
  }

  /// The first half, and then the connection ends.
  private static func cut(_ body: Response.Body) -> Response.Body {
    guard case .bytes(let bytes) = body else { return body }
    return .stream(length: max(1, bytes.count)) { writer in
      try await writer.write(Array(bytes.prefix(bytes.count / 2)))
      throw CancellationError()
    }
  }

  private static func slowed(_ body: Response.Body, _ milliseconds: Int) -> Response.Body {
    guard case .bytes(let bytes) = body else { return body }
    let size = max(1, (bytes.count + pieces - 1) / pieces)
    return .stream(length: bytes.count) { writer in
      var start = 0
      while start < bytes.count {
        try await Loop.sleep(for: .milliseconds(milliseconds))
        try await writer.write(Array(bytes[start..<min(bytes.count, start + size)]))
        start += size
      }
    }
  }
}
