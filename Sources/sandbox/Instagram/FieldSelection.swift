/// `fields=id,caption,children{id,media_type}`: what is wanted of a node. Modifiers such as
/// `.limit(5)` are read and let be.
struct FieldSelection: Sendable {
  private(set) var fields: [(name: String, inner: FieldSelection?)] = []

  static let id = FieldSelection(fields: [("id", nil)])

  private init(fields: [(name: String, inner: FieldSelection?)]) {
    self.fields = fields
  }

  /// Nil when it can't be read.
  init?(_ text: String) {
    var rest = Array(text.filter { !$0.isWhitespace })[...]
    guard let selection = Self.read(&rest), rest.isEmpty else { return nil }
    self = selection
  }

  private static func read(_ rest: inout ArraySlice<Character>) -> FieldSelection? {
    var fields: [(name: String, inner: FieldSelection?)] = []
    while true {
      let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
      guard !name.isEmpty else { return nil }
      rest = rest.dropFirst(name.count)
      while rest.first == "." {
        guard let end = rest.firstIndex(of: ")") else { return nil }
        rest = rest[(end + 1)...]
      }
      var inner: FieldSelection?
      if rest.first == "{" {
        rest.removeFirst()
        inner = read(&rest)
        guard inner != nil, rest.popFirst() == "}" else { return nil }
      }
      fields.append((String(name), inner))
      guard rest.first == "," else { return FieldSelection(fields: fields) }
      rest.removeFirst()
    }
  }
}
