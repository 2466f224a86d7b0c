import JSON
import Postgres

extension InputReader {
  /// The value as `type`; where that can't be, the problem is reported and a dummy returned.
  func read<Value: Decodable>(_ type: Value.Type) throws -> Value {
    if let known = readLeaf(type) { return known }
    if let choices = Self.choices(of: type) {
      schema?.set("type", "string")
      schema?.set("enum", .array(choices.map(JSON.string)))
      guard let value else { return try Self.firstCase(of: type) }
      guard case .string(let text) = value, choices.contains(text) else {
        report("must be one of \(choices.joined(separator: ", "))")
        return try Self.firstCase(of: type)
      }
    }
    do {
      return try Value(from: self)
    } catch let error as DecodingError {
      if case .dataCorrupted(let context) = error { report(context.debugDescription) }
      throw Stop()
    }
  }

  private func readLeaf<Value: Decodable>(_ type: Value.Type) -> Value? {
    switch type {
    case is String.Type: return string() as? Value
    case is Bool.Type: return bool() as? Value
    case is Int.Type: return whole(Int.self) as? Value
    case is Int64.Type: return whole(Int64.self) as? Value
    case is Int32.Type: return whole(Int32.self) as? Value
    case is Double.Type: return number() as? Value
    case is UUID.Type: return uuid() as? Value
    case is Timestamp.Type: return timestamp() as? Value
    default: return nil
    }
  }

  private func string() -> String {
    schema?.set("type", "string")
    guard let value else { return "" }
    guard case .string(let text) = value else {
      report("must be a string, not \(value.kind)")
      return ""
    }
    return text
  }

  private func bool() -> Bool {
    schema?.set("type", "boolean")
    switch value {
    case nil: return false
    case .bool(let flag)?: return flag
    case "true"? where isText: return true
    case "false"? where isText: return false
    case let value?:
      report("must be true or false, not \(value.kind)")
      return false
    }
  }

  private func whole<Number: FixedWidthInteger>(_ type: Number.Type) -> Number {
    schema?.set("type", "integer")
    let digits: String
    switch value {
    case nil: return 0
    case .number(let text)?: digits = text
    case .string(let text)? where isText: digits = text
    case let value?:
      report("must be a whole number, not \(value.kind)")
      return 0
    }
    if let number = Number(digits) { return number }
    if !isText, let number = Double(digits), let exact = Number(exactly: number) { return exact }
    report("must be a whole number from \(Number.min) to \(Number.max)")
    return 0
  }

  private func number() -> Double {
    schema?.set("type", "number")
    switch value {
    case nil: return 0
    case .number(let text)?: if let number = Double(text), number.isFinite { return number }
    case .string(let text)? where isText:
      if let number = Double(text), number.isFinite { return number }
    case let value?:
      report("must be a number, not \(value.kind)")
      return 0
    }
    report("must be a number")
    return 0
  }

  private func uuid() -> UUID {
    schema?.set("format", "uuid")
    let text = string()
    if let uuid = UUID(text) { return uuid }
    if case .string? = value { report("must be a UUID") }
    return UUID(high: 0, low: 0)
  }

  private func timestamp() -> Timestamp {
    schema?.set("format", "date-time")
    let text = string()
    if let timestamp = Timestamp(text) { return timestamp }
    if case .string? = value { report("must be an RFC 3339 time") }
    return Timestamp(microseconds: 0)
  }

  // MARK: - Enumerations of texts

  private static func choices<Value>(of type: Value.Type) -> [String]? {
    guard let type = type as? any CaseIterable.Type else { return nil }
    return rawValues(type)
  }

  private static func rawValues<Cases: CaseIterable>(_ type: Cases.Type) -> [String]? {
    let values = type.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
    return values.isEmpty ? nil : values
  }

  private static func firstCase<Value>(of type: Value.Type) throws -> Value {
    func first<Cases: CaseIterable>(_ type: Cases.Type) -> Value? {
      type.allCases.first as? Value
    }
    guard let type = type as? any CaseIterable.Type, let value = first(type) else { throw Stop() }
    return value
  }
}
