/// What is written to a relation.
struct WritePlan {
  /// Rows of a body that name the same columns.
  struct Rows {
    let columns: [Column]
    /// An array of objects.
    let json: BodyText
  }

  enum Change {
    case insert([Rows], Conflict?)
    /// The first object of the body; columns that it lacks and that were announced get their default.
    case update(Rows, defaults: [Column])
    case delete
    /// Changes nothing: a body that names no column.
    case nothing
  }

  /// What becomes of a row that is there.
  struct Conflict {
    let columns: [String]
    let resolution: Preferences.Resolution
  }

  let relation: Relation
  let change: Change
  /// Of an update or a deletion, or of the one row of a PUT.
  let conditions: [PlannedCondition]
  /// What is read of what was written; nil for nothing.
  let representation: ReadPlan?
  var isPut = false

  /// Whether the answer depends on how many rows are new.
  var countsInserted: Bool {
    resolution == .merge
  }

  /// What becomes of rows that are there.
  var resolution: Preferences.Resolution? {
    if case .insert(_, let conflict?) = change { conflict.resolution } else { nil }
  }
}
