/// A condition on one field.
struct Filter: Equatable {
  var field: Field
  var isNegated = false
  var operation: Operation
  /// The place in the query of the parameter that says it, and nothing else.
  var parameter: Int?
}

/// What a filter asks of a field's value.
enum Operation: Equatable {
  case compare(Comparison, FilterValue)
  /// With any or all of the elements of an array's text.
  case compareMany(Comparison, Quantifier, FilterValue)
  case isIn([String])
  case isKnown(Truth)
  case isDistinct(FilterValue)
  case search(SearchSyntax, configuration: String?, FilterValue)

  enum Quantifier: Equatable {
    case any
    case all
  }
}

/// A value of the request's: bound, and nothing else.
struct FilterValue: Equatable {
  var text: String
}

/// An operator of two sides, by its name in filters.
enum Comparison: String, CaseIterable {
  case eq, neq, gt, gte, lt, lte, like, ilike, match, imatch
  case cs, cd, ov, sl, sr, nxr, nxl, adj

  /// Whether `any` and `all` may follow.
  var takesQuantifier: Bool {
    switch self {
    case .eq, .gt, .gte, .lt, .lte, .like, .ilike, .match, .imatch: true
    default: false
    }
  }

  /// Whether `*` stands for `%`.
  var isPattern: Bool { self == .like || self == .ilike }
}

/// What `is` asks.
enum Truth: String, CaseIterable {
  case null
  case notNull = "not_null"
  case `true`
  case `false`
  case unknown
}

/// How the words of a full-text search are read.
enum SearchSyntax: String, CaseIterable {
  case fts, plfts, phfts, wfts
}

/// Conditions that belong together.
indirect enum Condition: Equatable {
  case filter(Filter)
  case all([Condition], isNegated: Bool)
  case any([Condition], isNegated: Bool)
}
