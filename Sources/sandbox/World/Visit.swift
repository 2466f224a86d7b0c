import HTTP
import JSON
import Loop

/// A request to the sandbox itself.
struct Visit: Sendable {
  private static let bodyLimit = 64 << 10

  let request: Request
  /// Of the path, without what the dispatcher forwards by, and decoded.
  let segments: [String]
  /// What comes before the path in a link.
  let base: String
  private let parameters: [String: String]

  init(_ request: Request, segments: [String], base: String) {
    self.request = request
    self.segments = segments
    self.base = base
    var parameters: [String: String] = [:]
    for pair in (request.query ?? "").split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      // A plus stays one: in a mail address it is no blank.
      guard let name = String(parts[0]).percentDecoded,
        let value = String(parts.count > 1 ? parts[1] : "").percentDecoded
      else { continue }
      parameters[name] = value
    }
    self.parameters = parameters
  }

  /// Nil when it is missing or empty.
  subscript(_ name: String) -> String? {
    parameters[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// - Throws: ``Refusal`` when it is no whole number in `range`.
  func number(_ name: String, in range: ClosedRange<Int>) throws(Refusal) -> Int? {
    guard let text = self[name] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw Refusal(400, "\(name) must be from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// The body as JSON. It has to say that it is: a page of another origin can't.
  @Loop
  func json() async throws(Refusal) -> JSON {
    guard request.header("content-type")?.lowercased().hasPrefix("application/json") == true else {
      throw Refusal(415, "the content type must be application/json")
    }
    do {
      return try JSON(parsing: try await request.body.collect(upTo: Self.bodyLimit))
    } catch {
      throw error is ProtocolError
        ? Refusal(413, "the body is too large") : Refusal(400, "the body is not JSON")
    }
  }
}

/// Why a request is not answered, in words for the developer who sent it.
struct Refusal: Error, Sendable {
  let status: Int
  let message: String
  var allow: String?

  init(_ status: Int, _ message: String) {
    self.status = status
    self.message = message
  }

  static func method(_ allowed: String) -> Refusal {
    var refusal = Refusal(405, "the method must be \(allowed)")
    refusal.allow = allowed
    return refusal
  }

  var response: Response {
    var response = Response(status: status, json: (["error": .string(message)] as JSON).bytes)
    if let allow { response.headers.append(("allow", allow)) }
    return response
  }
}

extension String {
  /// Nil when an escape is broken or it is no UTF-8.
  var percentDecoded: String? {
    guard utf8.contains(UInt8(ascii: "%")) else { return self }
    var bytes: [UInt8] = []
    var rest = Array(utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst()?.hexadecimalDigit,
        let low = rest.popFirst()?.hexadecimalDigit
      else { return nil }
      bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}

extension UInt8 {
  /// What it stands for as a digit; nil when it is none.
  var hexadecimalDigit: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
