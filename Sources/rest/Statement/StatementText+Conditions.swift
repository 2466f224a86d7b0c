extension StatementText {
  /// Conditions that all must hold.
  ///
  /// - Parameter lead: `" where "`, or `" and "` behind others; nothing is added without conditions.
  mutating func add(
    _ conditions: [PlannedCondition],
    of plan: ReadPlan,
    lead: StaticString
  ) {
    guard !conditions.isEmpty else { return }
    add(lead)
    add(conditions, separator: " and ") { text, condition in text.add(condition, of: plan) }
  }

  private mutating func add(_ condition: PlannedCondition, of plan: ReadPlan) {
    switch condition {
    case .filter(let field, let isNegated, let operation, let parameter):
      if isNegated { add("not ") }
      add("(")
      add(operation, field, of: plan.number, from: parameter)
      add(")")
    case .embedding(let child, let exists):
      add(alias: plan.children[child].plan.number, "e")
      add(exists ? ".j is not null" : ".j is null")
    case .all(let conditions, let isNegated):
      if isNegated { add("not ") }
      add("(")
      add(conditions, separator: " and ") { text, inner in text.add(inner, of: plan) }
      add(")")
    case .any(let conditions, let isNegated):
      if isNegated { add("not ") }
      add("(")
      add(conditions, separator: " or ") { text, inner in text.add(inner, of: plan) }
      add(")")
    }
  }

  private mutating func add(
    _ operation: Operation,
    _ field: PlannedField,
    of alias: Int,
    from parameter: Int?
  ) {
    let value = operation.boundValue ?? ""
    switch operation {
    case .compare(let comparison, _):
      add(field, of: alias)
      add(comparison.sql)
      add(value: value, of: parameter)
    case .compareMany(let comparison, let quantifier, _):
      add(field, of: alias)
      add(comparison.sql)
      add(quantifier == .any ? "any (" : "all (")
      add(value: value, of: parameter)
      add(")")
    case .isIn:
      add(field, of: alias)
      add(" = any (")
      add(value: value, of: parameter)
      add(")")
    case .isKnown(let truth):
      add(field, of: alias)
      add(truth.sql)
    case .isDistinct:
      add(field, of: alias)
      add(" is distinct from ")
      add(value: value, of: parameter)
    case .search(let syntax, let configuration, _):
      add(searched: field, configuration, of: alias)
      add(syntax.sql)
      add(configuration: configuration)
      add(text: value, of: parameter)
      add(")")
    }
  }

  /// A field as what can be searched: text is made a vector of.
  private mutating func add(searched field: PlannedField, _ configuration: String?, of alias: Int) {
    guard !field.column.isSearchVector || !field.path.isEmpty else {
      return add(field, of: alias)
    }
    add("to_tsvector(")
    add(configuration: configuration)
    add(field, of: alias)
    add(")")
  }

  private mutating func add(configuration: String?) {
    guard let configuration else { return }
    add(value: configuration)
    add("::regconfig, ")
  }
}

extension Operation {
  /// What a statement binds of it; nil where it binds nothing.
  var boundValue: String? {
    switch self {
    case .compare(let comparison, let value), .compareMany(let comparison, _, let value):
      comparison.pattern(value.text)
    case .isIn(let elements): StatementText.arrayText(of: elements)
    case .isKnown: nil
    case .isDistinct(let value), .search(_, _, let value): value.text
    }
  }
}

extension StatementText {
  /// `{"a","b\"c"}`
  static func arrayText(of elements: [String]) -> String {
    var text = "{"
    for (index, element) in elements.enumerated() {
      if index > 0 { text += "," }
      text += "\""
      for character in element.unicodeScalars {
        if character == "\"" || character == "\\" { text += "\\" }
        text.unicodeScalars.append(character)
      }
      text += "\""
    }
    return text + "}"
  }
}

extension Comparison {
  fileprivate var sql: StaticString {
    switch self {
    case .eq: " = "
    case .neq: " <> "
    case .gt: " > "
    case .gte: " >= "
    case .lt: " < "
    case .lte: " <= "
    case .like: " like "
    case .ilike: " ilike "
    case .match: " ~ "
    case .imatch: " ~* "
    case .cs: " @> "
    case .cd: " <@ "
    case .ov: " && "
    case .sl: " << "
    case .sr: " >> "
    case .nxr: " &< "
    case .nxl: " &> "
    case .adj: " -|- "
    }
  }

  /// The value with `%` in place of `*` where it is a pattern.
  fileprivate func pattern(_ text: String) -> String {
    guard isPattern, text.utf8.contains(UInt8(ascii: "*")) else { return text }
    return String(decoding: text.utf8.map { $0 == UInt8(ascii: "*") ? 0x25 : $0 }, as: UTF8.self)
  }
}

extension Truth {
  fileprivate var sql: StaticString {
    switch self {
    case .null: " is null"
    case .notNull: " is not null"
    case .true: " is true"
    case .false: " is false"
    case .unknown: " is unknown"
    }
  }
}

extension SearchSyntax {
  fileprivate var sql: StaticString {
    switch self {
    case .fts: " @@ to_tsquery("
    case .plfts: " @@ plainto_tsquery("
    case .phfts: " @@ phraseto_tsquery("
    case .wfts: " @@ websearch_to_tsquery("
    }
  }
}
