import HTTP
import Loop

extension Exchange {
  /// The media type of the body, without its parameters.
  var contentType: String {
    let field = request.header("content-type") ?? "application/json"
    return (field.split(separator: ";").first ?? "").trimmingSpaces.lowercased()
  }

  /// The body as JSON, whatever it came as.
  func payload() async throws -> Payload {
    let bytes = try await body()
    switch contentType {
    case "application/json", "application/vnd.pgrst.object+json",
      "application/vnd.pgrst.array+json":
      return try Payload(json: bytes)
    case "application/x-www-form-urlencoded":
      return Payload.form(try QueryParameters(bytes).pairs)
    case "text/csv":
      return try Payload(json: CSVReader.json(bytes))
    case let type:
      throw Refusal.body("Content-Type not acceptable: \(type)")
    }
  }
}

extension Payload {
  /// All objects as an array.
  var array: [UInt8] {
    switch shape {
    case .object: [UInt8(ascii: "[")] + bytes + [UInt8(ascii: "]")]
    case .array, .other: bytes
    }
  }

  var arrayText: BodyText { BodyText(bytes: array, form: .array) }

  var wholeText: BodyText { BodyText(bytes: bytes, form: .whole) }
}
