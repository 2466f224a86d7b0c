/// A pattern for URLs: `*` stands for any characters but `.` and `/`, `**` for any at all, `?` for
/// one that is neither, `[a-z]` and `[!a-z]` for one of a set. Everything else stands for itself.
struct Glob: Sendable, Equatable {
  private enum Part: Sendable, Equatable {
    case one(Unicode.Scalar)
    case anyOne
    case oneOf([ClosedRange<Unicode.Scalar>], isNegated: Bool)
    case some
    case all
  }

  private let parts: [Part]

  init(_ pattern: some StringProtocol) {
    var parts: [Part] = []
    var rest = Array(pattern.unicodeScalars)[...]
    while let scalar = rest.popFirst() {
      switch scalar {
      case "*" where rest.first == "*":
        rest.removeFirst()
        parts.append(.all)
      case "*": parts.append(.some)
      case "?": parts.append(.anyOne)
      case "[":
        if let end = rest.firstIndex(of: "]") {
          parts.append(Self.set(rest[rest.startIndex..<end]))
          rest = rest[(end + 1)...]
        } else {
          parts.append(.one("["))
        }
      case "\\":
        if let literal = rest.popFirst() { parts.append(.one(literal)) }
      default: parts.append(.one(scalar))
      }
    }
    self.parts = parts
  }

  private static func set(_ text: ArraySlice<Unicode.Scalar>) -> Part {
    var rest = text
    let isNegated = rest.first == "!" || rest.first == "^"
    if isNegated { rest.removeFirst() }
    var ranges: [ClosedRange<Unicode.Scalar>] = []
    while let low = rest.popFirst() {
      if rest.first == "-", rest.count > 1 {
        rest.removeFirst()
        let high = rest.removeFirst()
        if low <= high { ranges.append(low...high) }
      } else {
        ranges.append(low...low)
      }
    }
    return .oneOf(ranges, isNegated: isNegated)
  }

  /// Whether all of the text fits: in time that grows with pattern times text, whatever they are.
  func matches(_ text: String) -> Bool {
    // Which numbers of parts can have been used up by what was read so far.
    var reached: Set<Int> = [0]
    close(&reached)
    for scalar in text.unicodeScalars {
      var next: Set<Int> = []
      for place in reached where place < parts.count {
        let isSeparator = scalar == "." || scalar == "/"
        switch parts[place] {
        case .one(let wanted): if scalar == wanted { next.insert(place + 1) }
        case .anyOne: if !isSeparator { next.insert(place + 1) }
        case .oneOf(let ranges, let isNegated):
          if ranges.contains(where: { $0.contains(scalar) }) != isNegated { next.insert(place + 1) }
        case .some: if !isSeparator { next.insert(place) }
        case .all: next.insert(place)
        }
      }
      close(&next)
      reached = next
    }
    return reached.contains(parts.count)
  }

  /// Adds what is reached without reading on.
  private func close(_ reached: inout Set<Int>) {
    for place in parts.indices where reached.contains(place) {
      if parts[place] == .some || parts[place] == .all { reached.insert(place + 1) }
    }
  }
}
