import Crypto
import HTTP
import JSON

/// What YouTube answers to a request that makes no sense.
enum YouTubeFailure {
  static func missing(_ parameter: String) -> Refusal {
    refusal(
      "missingRequiredParameter",
      "No value for the required parameter: \(parameter)",
      at: parameter
    )
  }

  static func noFilter(_ filters: String) -> Refusal {
    refusal("missingRequiredParameter", "No filter selected. Expected one of: \(filters)")
  }

  static func invalid(_ parameter: String, _ reason: String, _ detail: String) -> Refusal {
    refusal(reason, "Invalid value for \(parameter): \(detail)", at: parameter)
  }

  private static func refusal(
    _ reason: String,
    _ message: String,
    at parameter: String? = nil
  ) -> Refusal {
    let error = JSON.members([
      "message": .string(message), "domain": "youtube.parameter", "reason": .string(reason),
      "location": parameter.map { .string($0) },
      "locationType": parameter.map { _ in "parameter" },
    ])
    return Refusal(
      Response(
        ["error": ["code": 400, "message": .string(message), "errors": .array([error])]],
        status: 400
      )
    )
  }
}

/// Where a page begins, in YouTube's way of writing it: protobuf in base64url.
enum PageToken {
  static func text(of offset: Int) -> String {
    var bytes: [UInt8] = [0x08]
    var rest = offset
    while rest > 127 {
      bytes.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    bytes += [UInt8(rest), 0x10, 0x00]
    return Base64URL.encode(bytes.span)
  }

  static func offset(of text: String) -> Int? {
    var value = 0
    guard let bytes = Base64URL.decode(text.utf8.span), bytes.count >= 4, bytes[0] == 0x08,
      bytes.suffix(2) == [0x10, 0x00]
    else { return nil }
    for (place, byte) in bytes.dropFirst().dropLast(2).enumerated() {
      guard place < 5 else { return nil }
      value |= Int(byte & 127) << (7 * place)
    }
    return value
  }
}
