import Loop
import Telemetry

/// One line a request.
@Loop
final class AccessLog {
  /// The fields of a line, but for the path, which may hold anything.
  private let fields = ByteBuffer()

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
    guard Log.isWritten(.info) else { return }
    fields.append(#""request_id":""#)
    fields.append(request.bytes.slice(request.id))
    fields.append(#"","method":""#)
    fields.append(request.bytes.slice(request.methodName))
    fields.append(#"","status":"#)
    fields.append(decimal: status)
    fields.append(#","bytes":"#)
    fields.append(decimal: bytes)
    fields.append(#","duration_ms":"#)
    fields.append(milliseconds: duration)
    if var upstream {
      fields.append(#","upstream":""#)
      upstream.withUTF8 { fields.append(UnsafeRawBufferPointer($0)) }
      fields.append("\"")
    }
    if let asked {
      fields.append(#","upstream_ms":"#)
      fields.append(milliseconds: asked)
    }
    Self.write(fields.bytes, path: request.bytes.slice(request.path))
    fields.removeAll()
  }

  private nonisolated static func write(
    _ fields: UnsafeRawBufferPointer,
    path: UnsafeRawBufferPointer
  ) {
    Log.info("request") { line in
      line.add(fields: fields)
      line.add("path", bytes: path)
    }
  }
}

extension ByteBuffer {
  /// Appends a duration in milliseconds with three decimals.
  fileprivate func append(milliseconds nanoseconds: UInt64) {
    let microseconds = Int(clamping: nanoseconds / 1000)
    append(decimal: microseconds / 1000)
    let rest = microseconds % 1000
    append(rest < 10 ? ".00" : rest < 100 ? ".0" : ".")
    append(decimal: rest)
  }
}
