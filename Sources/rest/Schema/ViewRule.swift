/// Where a view's columns come from, read from the tree that PostgreSQL keeps of its query
/// (`nodes/outfuncs.c`): `({QUERY … :targetList ({TARGETENTRY … :resno 1 … :resorigtbl 16390
/// :resorigcol 2 …} …) …})`.
struct ViewRule {
  struct Origin: Equatable {
    /// The view's column, by its number.
    let column: Int
    /// The relation that it is taken from as it is, and its number there.
    let relation: Int
    let number: Int
  }

  let origins: [Origin]

  init(_ rule: String) {
    var reader = NodeReader(rule)
    origins = reader.origins()
  }
}

/// Finds the target list of the outermost query, which is the only one whose columns are the view's.
private struct NodeReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: String) {
    bytes = Array(text.utf8)
  }

  mutating func origins() -> [ViewRule.Origin] {
    var depth = 0
    var entry: [String: Int]?
    var origins: [ViewRule.Origin] = []
    var isTargetList = false
    while let token = nextToken() {
      switch token {
      case "{": depth += 1
      case "}":
        if depth == 2, let fields = entry {
          if let column = fields[":resno"], let relation = fields[":resorigtbl"], relation != 0,
            let number = fields[":resorigcol"], fields[":resjunk"] != 1
          {
            origins.append(ViewRule.Origin(column: column, relation: relation, number: number))
          }
          entry = nil
        }
        depth -= 1
      case let name where depth == 1 && name.hasPrefix(":"):
        isTargetList = name == ":targetList"
      case "TARGETENTRY" where depth == 2 && isTargetList:
        entry = [:]
      case ":resno", ":resorigtbl", ":resorigcol", ":resjunk":
        guard depth == 2, entry != nil, let value = nextToken() else { continue }
        entry?[token] = value == "true" ? 1 : value == "false" ? 0 : Int(value)
      default: break
      }
    }
    return origins
  }

  /// Braces and what spaces separate; a backslash takes the next character as it is.
  private mutating func nextToken() -> String? {
    while position < bytes.count, isSpace(bytes[position]) || isParenthesis(bytes[position]) {
      position += 1
    }
    guard position < bytes.count else { return nil }
    let start = position
    if isBrace(bytes[position]) {
      position += 1
    } else {
      while position < bytes.count, !isSpace(bytes[position]), !isBrace(bytes[position]),
        !isParenthesis(bytes[position])
      {
        position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
      }
    }
    return String(decoding: bytes[start..<min(position, bytes.count)], as: UTF8.self)
  }

  private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A }

  private func isBrace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}")
  }

  private func isParenthesis(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "(") || byte == UInt8(ascii: ")")
  }
}
