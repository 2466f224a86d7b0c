import JSON
import Postgres

/// What tests send is read with these: null and what is missing are nil, and what is wrong is
/// refused by its name.
extension JSON {
  /// - Throws: ``Refusal`` when it has other members than these.
  func check(_ names: Set<String>) throws(Refusal) {
    guard case .object(let members) = self else { throw Refusal(422, "it must be an object") }
    if let unknown = members.first(where: { !names.contains($0.name) }) {
      let known = names.sorted().joined(separator: ", ")
      throw Refusal(422, "\(unknown.name) is not known, but \(known)")
    }
  }

  /// Nil for null.
  func whole(_ name: String, in range: ClosedRange<Int>) throws(Refusal) -> Int? {
    switch self {
    case .null: return nil
    case .number(let digits):
      if let number = Int(digits), range.contains(number) { return number }
    default: break
    }
    throw Refusal(422, "\(name) must be from \(range.lowerBound) to \(range.upperBound)")
  }

  func option(_ name: String, _ options: [String]) throws(Refusal) -> String? {
    if case .null = self { return nil }
    if case .string(let text) = self, options.contains(text) { return text }
    throw Refusal(422, "\(name) must be one of \(options.joined(separator: ", "))")
  }

  func whole(
    of name: String,
    in range: ClosedRange<Int> = 0...Int.max
  ) throws(Refusal) -> Int? {
    try self[name]?.whole(name, in: range)
  }

  func text(of name: String) throws(Refusal) -> String? {
    switch self[name] {
    case nil, .null?: return nil
    case .string(let text)?: return text
    default: throw Refusal(422, "\(name) must be a string")
    }
  }

  func flag(of name: String) throws(Refusal) -> Bool? {
    switch self[name] {
    case nil, .null?: return nil
    case .bool(let flag)?: return flag
    default: throw Refusal(422, "\(name) must be true or false")
    }
  }

  /// From 0 to 1.
  func share(of name: String) throws(Refusal) -> Double? {
    switch self[name] {
    case nil, .null?: return nil
    case .number(let digits)?:
      if let number = Double(digits), (0...1).contains(number) { return number }
    default: break
    }
    throw Refusal(422, "\(name) must be from 0 to 1")
  }

  func option<Option: RawRepresentable<String> & CaseIterable>(
    of name: String,
    as type: Option.Type
  ) throws(Refusal) -> Option? {
    try self[name]?.option(name, Option.allCases.map(\.rawValue)).flatMap(Option.init)
  }

  func texts(of name: String) throws(Refusal) -> [String]? {
    switch self[name] {
    case nil, .null?: return nil
    case .array(let elements)?:
      let texts: [String] = elements.compactMap {
        if case .string(let text) = $0 { text } else { nil }
      }
      if texts.count == elements.count { return texts }
    default: break
    }
    throw Refusal(422, "\(name) must be a list of strings")
  }

  /// Seconds since 1970, of a number or of RFC 3339's text.
  func time(of name: String) throws(Refusal) -> Int? {
    switch self[name] {
    case nil, .null?: return nil
    case .number(let digits)?:
      if let number = Int(digits) { return number }
    case .string(let text)?:
      if let timestamp = Timestamp(text) { return timestamp.unixSeconds }
    default: break
    }
    throw Refusal(422, "\(name) must be a time such as 2026-12-01T00:00:00Z")
  }
}
