import HTTP
import JSON

extension JSON {
  /// An object of those members that have a value; no platform writes null.
  static func members(_ members: KeyValuePairs<String, JSON?>) -> JSON {
    .object(
      members.compactMap { name, value in
        value.flatMap { $0 == .null ? nil : Member(name, $0) }
      }
    )
  }

  init(_ texts: [String]) {
    self = .array(texts.map { .string($0) })
  }

  /// Digits in quotes, as JSON is given numbers that JavaScript can't hold.
  static func digits(_ number: Int) -> JSON { .string(String(number)) }
}

extension Response {
  /// A platform's answer.
  init(_ json: JSON, status: Int = 200) {
    self.init(status: status, json: json.bytes)
    headers.append(("cache-control", "no-store"))
  }
}
