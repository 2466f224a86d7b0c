extension StatementText {
  /// `"t0"."name"`, or what is in it: `("t0"."data" -> $1 ->> $2)`.
  mutating func add(_ field: PlannedField, of alias: Int) {
    guard !field.path.isEmpty else { return add(column: field.column.name, of: alias) }
    add("(")
    if field.column.isJSON {
      add(column: field.column.name, of: alias)
    } else {
      add("to_jsonb(")
      add(column: field.column.name, of: alias)
      add(")")
    }
    for step in field.path {
      add(step.isText ? " ->> " : " -> ")
      switch step.key {
      case .name(let name): add(text: name)
      case .index(let index): add(index: index)
      }
    }
    add(")")
  }

  mutating func add(column name: String, of alias: Int, _ kind: StaticString = "t") {
    add(alias: alias, kind)
    add(".")
    add(name: name)
  }

  /// ` order by …`; nothing when there is no order.
  mutating func add(_ order: [PlannedOrder], of plan: ReadPlan) {
    guard !order.isEmpty else { return }
    add(" order by ")
    add(order) { text, term in
      let direction: PlannedOrder.Direction
      switch term {
      case .own(let field, let given):
        text.add(field, of: plan.number)
        direction = given
      case .related(let child, let place, let given):
        text.add(alias: plan.children[child].plan.number, "e")
        text.add(".")
        text.add(alias: place, "o")
        direction = given
      }
      if let isDescending = direction.isDescending { text.add(isDescending ? " desc" : " asc") }
      if let nullsFirst = direction.nullsFirst {
        text.add(nullsFirst ? " nulls first" : " nulls last")
      }
    }
  }

  mutating func add(_ range: RowRange) {
    if let limit = range.limit {
      add(" limit ")
      add(number: limit)
    }
    if range.offset > 0 {
      add(" offset ")
      add(number: range.offset)
    }
  }
}
