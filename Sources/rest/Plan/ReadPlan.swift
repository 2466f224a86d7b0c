/// What is read of a relation's rows, every name looked up, and what is embedded in them.
final class ReadPlan {
  /// An output of a row, under its key.
  enum Output {
    case all
    case column(PlannedField, cast: QualifiedName?, key: String)
    case embedded(Int)
    /// An output of a spread child.
    case spread(Int, output: Int, key: String)
  }

  struct Child {
    let plan: ReadPlan
    let relationship: Relationship
    let key: String
    let isInner: Bool
    let isSpread: Bool
    /// Whether a condition of the parent asks if there are any.
    var isAskedFor = false
    /// What the parent's rows are ordered by.
    var orderFields: [PlannedField] = []

    var isToOne: Bool { relationship.isToOne }
  }

  let relation: Relation
  /// Tells its alias from those of all others in the statement.
  let number: Int
  var outputs: [Output] = []
  var children: [Child] = []
  var conditions: [PlannedCondition] = []
  var order: [PlannedOrder] = []
  var range = RowRange()

  init(_ relation: Relation, number: Int) {
    self.relation = relation
    self.number = number
  }

  /// Whether its rows are only asked for, and nothing of them is shown.
  var isEmpty: Bool { outputs.isEmpty }

  /// The keys of its outputs, in their order.
  var keys: [String] {
    outputs.flatMap { output in
      switch output {
      case .all: relation.columns.map(\.name)
      case .column(_, _, let key): [key]
      case .embedded(let child): [children[child].key]
      case .spread(_, _, let key): [key]
      }
    }
  }

  /// The columns of its relation that it needs; nil for all.
  var neededColumns: [String]? {
    var needed: [String] = []
    func need(_ name: String) {
      if !needed.contains(name) { needed.append(name) }
    }
    for output in outputs {
      switch output {
      case .all: return nil
      case .column(let field, _, _): need(field.column.name)
      case .embedded, .spread: break
      }
    }
    for child in children { child.relationship.ownColumns.forEach(need) }
    for case .own(let field, _) in order { need(field.column.name) }
    return needed
  }
}

struct PlannedField {
  let column: Column
  let path: [JSONStep]
}

indirect enum PlannedCondition {
  /// - Parameter parameter: the place of the one in the query that says it, and nothing else.
  case filter(PlannedField, isNegated: Bool, Operation, parameter: Int?)
  /// Whether a row has related ones.
  case embedding(Int, exists: Bool)
  case all([PlannedCondition], isNegated: Bool)
  case any([PlannedCondition], isNegated: Bool)
}

enum PlannedOrder {
  struct Direction {
    let isDescending: Bool?
    let nullsFirst: Bool?
  }

  case own(PlannedField, Direction)
  /// A field of a child's, by its place among ``ReadPlan/Child/orderFields``.
  case related(Int, place: Int, Direction)
}
