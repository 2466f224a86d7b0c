import JSON

/// A request's members by name. Null counts as absent: clients send it for what they do not set.
struct Fields: Sendable {
  private var members: [String: JSON] = [:]

  /// - Throws: ``AuthFailure`` when it is no object, or holds a number that can't be kept.
  init(_ json: JSON) throws(AuthFailure) {
    guard case .object(let list) = json else {
      throw AuthFailure(400, .badJSON, "Could not parse request body as JSON: it is no object")
    }
    guard json.hasUsualNumbers else { throw .invalid("A number is out of range") }
    for member in list where member.value != .null { members[member.name] = member.value }
  }

  /// Nil when it is absent or empty.
  func text(_ name: String) throws(AuthFailure) -> String? {
    switch members[name] {
    case nil, .string("")?: nil
    case .string(let text)?: text
    default: throw Self.mismatch(name, "a string")
    }
  }

  func flag(_ name: String) throws(AuthFailure) -> Bool? {
    switch members[name] {
    case nil: nil
    case .bool(let flag)?: flag
    default: throw Self.mismatch(name, "a boolean")
    }
  }

  func object(_ name: String) throws(AuthFailure) -> JSON? {
    switch members[name] {
    case nil: nil
    case .object(let list)?: .object(list)
    default: throw Self.mismatch(name, "an object")
    }
  }

  private static func mismatch(_ name: String, _ kind: String) -> AuthFailure {
    AuthFailure(400, .badJSON, "Could not parse request body as JSON: \(name) is not \(kind)")
  }
}
