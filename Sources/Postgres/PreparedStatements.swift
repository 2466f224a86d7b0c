/// A statement that a connection's server knows by name.
final class PreparedStatement {
  enum State {
    /// Sent, and not yet confirmed: whoever wants it meanwhile sends the text instead.
    case pending
    case ready
  }

  let name: String
  var state = State.pending
  fileprivate let key: StatementKey
  fileprivate var lastUse: UInt64 = 0
  /// What it was last made of; kept, so that no other can stand at its address.
  fileprivate var template: StatementTemplate?

  fileprivate init(number: Int, key: StatementKey) {
    name = "s\(number)"
    self.key = key
  }
}

/// What one connection has prepared: found by text and types, the least recently used ones given up
/// when there are too many.
struct PreparedStatements {
  private let limit: Int
  private var statements: [StatementKey: PreparedStatement] = [:]
  private var ofTemplates: [ObjectIdentifier: PreparedStatement] = [:]
  private var preambles = [PreparedStatement?](repeating: nil, count: Preamble.Kind.count)
  private var number = 0
  private var clock: UInt64 = 0

  init(limit: Int) {
    self.limit = limit
  }

  mutating func find(_ sql: SQL) -> PreparedStatement? {
    guard let template = sql.template else { return statements[StatementKey(sql)] }
    if let found = ofTemplates[ObjectIdentifier(template)] { return found }
    guard let found = statements[StatementKey(sql)] else { return nil }
    note(template, found)
    return found
  }

  mutating func use(_ statement: PreparedStatement) {
    clock += 1
    statement.lastUse = clock
  }

  /// - Returns: the new statement, and one that must be deallocated to make room for it.
  mutating func add(_ sql: SQL) -> (added: PreparedStatement, evicted: PreparedStatement?) {
    let added = make(sql)
    var evicted: PreparedStatement?
    if statements.count >= limit {
      evicted = statements.values.filter { $0.state == .ready }.min { $0.lastUse < $1.lastUse }
      if let evicted { drop(evicted) }
    }
    statements[added.key] = added
    if let template = sql.template { note(template, added) }
    use(added)
    return (added, evicted)
  }

  func find(_ kind: Preamble.Kind) -> PreparedStatement? {
    preambles[kind.index]
  }

  mutating func add(_ preamble: Preamble) -> PreparedStatement {
    let added = make(preamble.sql)
    preambles[preamble.kind.index] = added
    return added
  }

  mutating func forget(_ statement: PreparedStatement) {
    for index in preambles.indices where preambles[index] === statement { preambles[index] = nil }
    drop(statement)
  }

  mutating func forgetAll() {
    statements.removeAll()
    ofTemplates.removeAll()
    for index in preambles.indices { preambles[index] = nil }
  }

  private mutating func note(_ template: StatementTemplate, _ statement: PreparedStatement) {
    if let old = statement.template { ofTemplates[ObjectIdentifier(old)] = nil }
    statement.template = template
    ofTemplates[ObjectIdentifier(template)] = statement
  }

  private mutating func drop(_ statement: PreparedStatement) {
    guard statements[statement.key] === statement else { return }
    statements[statement.key] = nil
    if let template = statement.template { ofTemplates[ObjectIdentifier(template)] = nil }
  }

  private mutating func make(_ sql: SQL) -> PreparedStatement {
    number += 1
    return PreparedStatement(number: number, key: StatementKey(sql.withoutValues))
  }
}

/// The same text with other types is another statement.
private struct StatementKey: Hashable {
  let sql: SQL

  init(_ sql: SQL) {
    self.sql = sql
  }

  static func == (left: StatementKey, right: StatementKey) -> Bool {
    left.sql.text == right.sql.text
      && left.sql.parameters.slots.elementsEqual(right.sql.parameters.slots) { $0.type == $1.type }
  }

  func hash(into hasher: inout Hasher) {
    sql.text.withUnsafeBytes { hasher.combine(bytes: $0) }
    for slot in sql.parameters.slots { hasher.combine(slot.type.oid) }
  }
}
