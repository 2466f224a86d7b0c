import Postgres

/// What a request has become: statements, and what is made of the row that they give.
struct Work {
  /// With those preferences that mean something to it.
  var intake: Intake
  var statements: [Statement]
  var isReadOnly: Bool
  var outcome: Outcome
  /// Of the function that is called.
  var settings = OwnSettings()

  enum Outcome {
    case read(Shown)
    /// What the role may use.
    case described
    /// Of a function that returns nothing.
    case nothing
    case written(Written)
  }

  /// Rows that are answered.
  struct Shown {
    var media: MediaType
    var offset: Int
    /// What is read of, where the answer can be cut off at the most rows there may be.
    var cuttable: QualifiedName?
  }

  struct Written {
    let relation: Relation
    let hasBody: Bool
    let resolution: Preferences.Resolution?
    let countsInserted: Bool
    /// Whether the answer says where the new row is.
    let locates: Bool
  }
}
