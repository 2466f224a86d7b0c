import Postgres

/// A statement, and which of its values are the request's own.
struct Statement {
  var sql: SQL
  /// In the order of the values in the statement.
  var places: [Place] = []
  /// Whether another request of the same shape is the same statement with its own values in `places`.
  var isKeepable = true

  /// A value of the request's in a statement.
  struct Place: Hashable {
    /// Which of the statement's values, counted from 0.
    let number: Int
    let source: Source
  }

  /// Where a value comes from.
  enum Source: Hashable {
    /// A parameter of the query, by its place there.
    case parameter(Int)
    case body(BodyText.Form)
  }
}

/// What a statement has of a request's body.
struct BodyText {
  enum Form {
    /// As it came.
    case whole
    /// In brackets where it is one object.
    case array
    /// Made of parts of it.
    case parts
  }

  let bytes: [UInt8]
  let form: Form
}
