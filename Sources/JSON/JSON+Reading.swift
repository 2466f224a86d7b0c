extension JSON {
  /// A string's text, or a number's digits: ids come as either.
  package var scalar: String? {
    switch self {
    case .string(let text), .number(let text): text
    default: nil
    }
  }

  /// A string's text.
  package var text: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  /// A whole number, or one in a string, that fits.
  package var integer: Int? { scalar.flatMap { Int($0) } }

  /// An array's.
  package var elements: [JSON]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }
}
