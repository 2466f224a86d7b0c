import JSON

extension JSON {
  /// Whether PostgreSQL holds its numbers: those of clients are no longer, larger or nearer to 0.
  var hasUsualNumbers: Bool {
    switch self {
    case .null, .bool, .string: true
    case .number(let digits): Self.isUsual(digits)
    case .array(let elements): elements.allSatisfy(\.hasUsualNumbers)
    case .object(let members): members.allSatisfy { $0.value.hasUsualNumbers }
    }
  }

  private static func isUsual(_ number: String) -> Bool {
    guard number.utf8.count <= 1000 else { return false }
    let parts = number.split { $0 == "e" || $0 == "E" }
    guard parts.count > 1 else { return true }
    return Int(parts[1]).map { abs($0) <= 308 } ?? false
  }
}
