import HTTP
import JSON
import Loop

/// A request's body as JSON.
@Loop
enum RequestJSON {
  /// - Throws: ``Failure`` with UNSUPPORTED_MEDIA_TYPE or INVALID_JSON, `ProtocolError` when it is
  ///   too long. An absent body is an empty object, so that what is missing is named field by
  ///   field.
  static func value(of request: Request, upTo limit: Int) async throws -> JSON {
    guard request.body.announcedLength != 0 else { return .object([]) }
    try checkType(request)
    let bytes = try await request.body.collect(upTo: limit)
    guard !bytes.isEmpty else { return .object([]) }
    do {
      return try JSON(parsing: bytes)
    } catch {
      throw Failure(.invalidJSON, "the body is not JSON: \(error)")
    }
  }

  private static func checkType(_ request: Request) throws {
    guard let type = request.header("content-type") else { return }
    let media = type.prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased()
    guard
      media == "application/json" || (media.hasPrefix("application/") && media.hasSuffix("+json"))
    else { throw Failure(.unsupportedMediaType, "the body must be application/json") }
    guard request.count(of: "content-encoding") == 0 else {
      throw Failure(.unsupportedMediaType, "a compressed body is not taken")
    }
  }
}
