/// Where a plan's rows come from.
enum RowSource {
  case relation(QualifiedName)
  /// The common table `s`.
  case written
  case call(PlannedCall)
}

extension StatementText {
  /// What rows are read for.
  enum Purpose {
    case values
    /// Only whether there are any, or how many: what changes nothing about that is left out.
    case existence
  }

  /// `select … from … where … order by … limit …`: the rows of a plan.
  mutating func add(_ plan: ReadPlan, from source: RowSource) {
    add("select ")
    addOutputs(of: plan)
    add(" from ")
    add(source, alias: plan.number)
    addJoins(of: plan, for: .values)
    add(plan.conditions, of: plan, lead: " where ")
    add(plan.order, of: plan)
    add(plan.range)
  }

  /// `from … where …` without what says which of the rows are shown.
  mutating func addUncut(_ plan: ReadPlan, from source: RowSource) {
    add(" from ")
    add(source, alias: plan.number)
    addJoins(of: plan, for: .existence)
    add(plan.conditions, of: plan, lead: " where ")
  }

  private mutating func add(_ source: RowSource, alias: Int) {
    switch source {
    case .relation(let name): add(name)
    case .written: add("s")
    case .call(let call): add(call)
    }
    add(" as ")
    add(alias: alias)
  }

  // MARK: - Outputs

  private mutating func addOutputs(of plan: ReadPlan) {
    add(plan.outputs) { text, output in
      switch output {
      case .all:
        text.add(alias: plan.number)
        text.add(".*")
      case .column(_, _, let key), .spread(_, _, let key):
        text.add(output, of: plan)
        text.add(" as ")
        text.add(name: key)
      case .embedded(let child):
        text.add(output, of: plan)
        text.add(" as ")
        text.add(name: plan.children[child].key)
      }
    }
  }

  /// The outputs as `c0`, `c1`, …, for a parent that shows them as its own.
  private mutating func addNumberedOutputs(of plan: ReadPlan) {
    add(plan.outputs.enumerated()) { text, numbered in
      text.add(numbered.element, of: plan)
      text.add(" as ")
      text.add(alias: numbered.offset, "c")
    }
  }

  private mutating func add(_ output: ReadPlan.Output, of plan: ReadPlan) {
    switch output {
    case .all:
      // Spread rows name their columns; those of a function that names none can't be spread.
      add("null")
    case .column(let field, let cast, _):
      add(field, of: plan.number)
      if let cast {
        add("::")
        add(cast)
      }
    case .embedded(let place):
      let child = plan.children[place]
      if child.isToOne {
        add(column: "j", of: child.plan.number, "e")
      } else {
        add("coalesce(")
        add(column: "j", of: child.plan.number, "e")
        add(", '[]')")
      }
    case .spread(let place, let output, _):
      let child = plan.children[place]
      if !child.isToOne { add("coalesce(") }
      add(alias: child.plan.number, "e")
      add(".")
      add(alias: output, "c")
      if !child.isToOne { add(", '[]')") }
    }
  }

  // MARK: - What is embedded

  private mutating func addJoins(of plan: ReadPlan, for purpose: Purpose) {
    for child in plan.children {
      if purpose == .existence, !child.isInner, !child.isAskedFor { continue }
      add(child.isInner ? " join lateral (" : " left join lateral (")
      switch purpose {
      case .existence: addExistence(of: child, parent: plan)
      case .values: addEmbedded(child, parent: plan)
      }
      add(") as ")
      add(alias: child.plan.number, "e")
      if child.isInner {
        add(" on ")
        add(alias: child.plan.number, "e")
        add(".j is not null")
      } else {
        add(" on true")
      }
    }
  }

  private mutating func addExistence(of child: ReadPlan.Child, parent: ReadPlan) {
    add("select true as j")
    addRelated(child, parent, for: .existence)
    // What is asked for is what is shown: a page without rows has none.
    let range = child.plan.range
    add(RowRange(offset: range.offset, limit: min(range.limit ?? 1, 1)))
  }

  /// One row in which `j` is null when there are none: for to-one relationships the row as JSON, for
  /// others all of them; of spread ones the outputs stand beside it.
  private mutating func addEmbedded(_ child: ReadPlan.Child, parent: ReadPlan) {
    let plan = child.plan
    switch (child.isToOne, child.isSpread) {
    case _ where plan.isEmpty && child.orderFields.isEmpty:
      addExistence(of: child, parent: parent)
    case (true, false) where child.orderFields.isEmpty:
      add("select row_to_json(r.*) as j from (select ")
      addOutputs(of: plan)
      addRelated(child, parent, for: .values)
      add(plan.range)
      add(") as r")
    case (true, false):
      add("select (select row_to_json(r.*) from (select ")
      addOutputs(of: plan)
      add(") as r) as j")
      addOrderFields(of: child)
      addRelated(child, parent, for: .values)
      add(plan.range)
    case (true, true):
      add("select ")
      addNumberedOutputs(of: plan)
      add(plan.isEmpty ? "true as j" : ", true as j")
      addOrderFields(of: child)
      addRelated(child, parent, for: .values)
      add(plan.range)
    case (false, false):
      add("select json_agg(r.*) as j from (select ")
      addOutputs(of: plan)
      addRelated(child, parent, for: .values)
      add(plan.order, of: plan)
      add(plan.range)
      add(") as r")
    case (false, true):
      add("select ")
      add(plan.outputs.indices) { text, index in
        text.add("json_agg(r.")
        text.add(alias: index, "c")
        text.add(") as ")
        text.add(alias: index, "c")
      }
      add(", case when count(*) > 0 then true end as j from (select ")
      addNumberedOutputs(of: plan)
      addRelated(child, parent, for: .values)
      add(plan.order, of: plan)
      add(plan.range)
      add(") as r")
    }
  }

  private mutating func addOrderFields(of child: ReadPlan.Child) {
    for (place, field) in child.orderFields.enumerated() {
      add(", ")
      add(field, of: child.plan.number)
      add(" as ")
      add(alias: place, "o")
    }
  }

  /// ` from … where …`: the rows that belong to the parent's row.
  private mutating func addRelated(
    _ child: ReadPlan.Child,
    _ parent: ReadPlan,
    for purpose: Purpose
  ) {
    let plan = child.plan
    add(" from ")
    add(.relation(plan.relation.name), alias: plan.number)
    if let junction = child.relationship.junction {
      add(" join ")
      add(junction.name)
      add(" as ")
      add(alias: plan.number, "m")
      add(" on ")
      add(junction.toTarget, separator: " and ") { text, pair in
        text.add(column: pair.own, of: plan.number, "m")
        text.add(" = ")
        text.add(column: pair.foreign, of: plan.number)
      }
    }
    addJoins(of: plan, for: purpose)
    add(" where ")
    let kind: StaticString = child.relationship.junction == nil ? "t" : "m"
    let pairs = child.relationship.junction?.toOrigin ?? child.relationship.pairs
    add(pairs, separator: " and ") { text, pair in
      text.add(column: pair.foreign, of: plan.number, kind)
      text.add(" = ")
      text.add(column: pair.own, of: parent.number)
    }
    add(plan.conditions, of: plan, lead: " and ")
  }
}
