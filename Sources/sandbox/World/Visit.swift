import HTTP
import JSON
import Loop

/// A request to the sandbox itself.
struct Visit: Sendable {
  /// Of what tests and developers send.
  static let adminLimit = 64 << 10
  /// Of what applications send to a platform.
  static let platformLimit = 1 << 20

  let request: Request
  /// Of the path, without what the dispatcher forwards by, and decoded.
  let segments: [String]
  /// What comes before the path in a link.
  let base: String
  /// The query, in which a plus is a blank.
  let query: Parameters
  /// The query, in which a plus stays one: in a mail address it is no blank.
  private let literal: [String: String]

  init(_ request: Request, segments: [String], base: String) {
    self.request = request
    self.segments = segments
    self.base = base
    let text = request.query ?? ""
    query = Parameters(text)
    literal = Dictionary(
      Parameters(String(text.flatMap { $0 == "+" ? "%2B" : String($0) })).pairs.map {
        ($0.name, $0.value)
      },
      uniquingKeysWith: { $1 }
    )
  }

  /// Nil when it is missing or empty.
  subscript(_ name: String) -> String? {
    literal[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Where the client reaches the sandbox, without a slash at the end.
  var origin: String { "http://\(request.header("host") ?? "localhost")\(base)" }

  /// The token of `Authorization: Bearer`.
  var bearer: String? { authorization("bearer") }

  /// What follows the scheme, which is given in lower case.
  func authorization(_ scheme: String) -> String? {
    let parts = request.header("authorization")?.split(separator: " ", maxSplits: 1) ?? []
    guard parts.count == 2, parts[0].lowercased() == scheme else { return nil }
    return String(parts[1])
  }

  /// - Throws: ``Refusal`` when it is no whole number in `range`.
  func number(_ name: String, in range: ClosedRange<Int>) throws(Refusal) -> Int? {
    guard let text = self[name] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw Refusal(400, "\(name) must be from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// - Throws: ``Refusal`` for any method but these.
  func require(_ methods: Method...) throws(Refusal) {
    guard methods.contains(request.method) else {
      throw .method(methods.map(\.rawValue).joined(separator: ", "))
    }
  }

  /// The body as JSON. It has to say that it is: a page of another origin can't.
  @Loop
  func json(upTo limit: Int = adminLimit) async throws(Refusal) -> JSON {
    guard hasType("application/json") else {
      throw Refusal(415, "the content type must be application/json")
    }
    let bytes = try await bytes(upTo: limit)
    do {
      return try JSON(parsing: bytes)
    } catch {
      throw Refusal(400, "the body is not JSON")
    }
  }

  /// The body as a form; an empty one when it is none.
  @Loop
  func form() async throws(Refusal) -> Parameters {
    let bytes = try await bytes(upTo: Self.platformLimit)
    if hasType("application/x-www-form-urlencoded") {
      return Parameters(String(decoding: bytes, as: UTF8.self))
    }
    guard hasType("multipart/form-data"), let type = request.header("content-type") else {
      return Parameters()
    }
    return MultipartForm.parameters(of: bytes, type)
  }

  /// The body as it was sent.
  @Loop
  func bytes(upTo limit: Int) async throws(Refusal) -> [UInt8] {
    do {
      return try await request.body.collect(upTo: limit)
    } catch {
      throw error is ProtocolError
        ? Refusal(413, "the body is too large") : Refusal(400, "the body did not come")
    }
  }

  func hasType(_ type: String) -> Bool {
    request.header("content-type")?.lowercased().hasPrefix(type) == true
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
