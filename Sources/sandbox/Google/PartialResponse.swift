import JSON

/// `fields=items(id,snippet/title),nextPageToken`: which members of an answer are wanted.
struct PartialResponse: Sendable {
  private indirect enum Node: Sendable {
    case all
    case some([(name: String, node: Node)])
  }

  private let root: Node

  /// Nil when it can't be read.
  init?(_ text: String) {
    var rest = Array(text)[...]
    guard let root = Self.selection(&rest), rest.isEmpty else { return nil }
    self.root = root
  }

  private static func selection(_ rest: inout ArraySlice<Character>) -> Node? {
    var members: [(name: String, node: Node)] = []
    repeat {
      if rest.first == "," { rest.removeFirst() }
      guard let member = member(&rest) else { return nil }
      members.append(member)
    } while rest.first == ","
    return .some(members)
  }

  private static func member(_ rest: inout ArraySlice<Character>) -> (name: String, node: Node)? {
    let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "*" || $0 == "_" }
    guard !name.isEmpty else { return nil }
    rest = rest.dropFirst(name.count)
    switch rest.first {
    case "/":
      rest.removeFirst()
      guard let inner = member(&rest) else { return nil }
      return (String(name), .some([inner]))
    case "(":
      rest.removeFirst()
      guard let inner = selection(&rest), rest.popFirst() == ")" else { return nil }
      return (String(name), inner)
    default: return (String(name), .all)
    }
  }

  func apply(to json: JSON) -> JSON { Self.apply(root, json) }

  private static func apply(_ node: Node, _ json: JSON) -> JSON {
    guard case .some(let members) = node else { return json }
    switch json {
    case .array(let elements): return .array(elements.map { apply(node, $0) })
    case .object(let all):
      return .object(
        all.compactMap { member in
          let nodes = members.filter { $0.name == member.name || $0.name == "*" }.map(\.node)
          guard let first = nodes.first else { return nil }
          return JSON.Member(
            member.name,
            apply(nodes.dropFirst().reduce(first, merged), member.value)
          )
        }
      )
    default: return json
    }
  }

  private static func merged(_ left: Node, _ right: Node) -> Node {
    guard case .some(let left) = left, case .some(let right) = right else { return .all }
    return .some(left + right)
  }
}
