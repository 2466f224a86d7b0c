extension StatementText {
  /// `with s as (…)`: the write, and of its rows what is needed later.
  ///
  /// - Parameter returning: the columns; nil for all, none for the rows' number alone.
  mutating func add(_ write: WritePlan, returning: [String]?) {
    switch write.change {
    case .insert(let groups, let conflict) where groups.count != 1:
      addGroups(groups, conflict, write, returning)
    case .insert(let groups, let conflict):
      add("with s as (")
      for group in groups { addInsert(group, conflict, write, returning) }
      add(")")
    case .update(let rows, let defaults):
      add("with s as (")
      addUpdate(rows, defaults, write)
      addReturning(returning)
      add(")")
    case .delete:
      add("with s as (delete from ")
      add(write.relation.name)
      add(" as t0")
      add(write.conditions, of: ReadPlan(write.relation, number: 0), lead: " where ")
      addReturning(returning)
      add(")")
    case .nothing:
      addNothing(write, returning)
    }
  }

  // MARK: - Inserts

  /// Rows that name different columns, so that what one lacks gets its default: an insert for each
  /// kind.
  private mutating func addGroups(
    _ groups: [WritePlan.Rows],
    _ conflict: WritePlan.Conflict?,
    _ write: WritePlan,
    _ returning: [String]?
  ) {
    guard !groups.isEmpty else { return addNothing(write, returning) }
    add("with ")
    for (index, group) in groups.enumerated() {
      add(alias: index, "g")
      add(" as (")
      addInsert(group, conflict, write, returning)
      add("), ")
    }
    add("s as (")
    add(groups.indices, separator: " union all ") { text, index in
      text.add("select * from ")
      text.add(alias: index, "g")
    }
    add(")")
  }

  private mutating func addInsert(
    _ rows: WritePlan.Rows,
    _ conflict: WritePlan.Conflict?,
    _ write: WritePlan,
    _ returning: [String]?
  ) {
    add("insert into ")
    add(write.relation.name)
    add(" as t0 ")
    if rows.columns.isEmpty {
      add("select from json_array_elements(")
      add(rows.json)
      add(") as r")
    } else {
      add("(")
      add(rows.columns) { text, column in text.add(name: column.name) }
      add(") select ")
      add(rows.columns) { text, column in
        text.add("t0.")
        text.add(name: column.name)
      }
      add(" from json_to_recordset(")
      add(rows.json)
      add(") as t0 ")
      addDefinitions(of: rows.columns)
    }
    if write.countsInserted {
      add(" where rest.count_inserted(1)")
      add(write.conditions, of: ReadPlan(write.relation, number: 0), lead: " and ")
    } else {
      add(write.conditions, of: ReadPlan(write.relation, number: 0), lead: " where ")
    }
    if let conflict { add(conflict, rows.columns, counts: write.countsInserted) }
    addReturning(returning)
  }

  private mutating func add(_ conflict: WritePlan.Conflict, _ columns: [Column], counts: Bool) {
    add(" on conflict (")
    add(conflict.columns) { text, name in text.add(name: name) }
    add(") do ")
    // What they meet in is the same already, and may be theirs to read and not to write.
    let others = columns.filter { !conflict.columns.contains($0.name) }
    let changed = others.isEmpty ? columns : others
    guard conflict.resolution == .merge, !changed.isEmpty else { return add("nothing") }
    add("update set ")
    add(changed) { text, column in
      text.add(name: column.name)
      text.add(" = excluded.")
      text.add(name: column.name)
    }
    if counts { add(" where rest.count_inserted(-1)") }
  }

  // MARK: - Updates

  private mutating func addUpdate(
    _ rows: WritePlan.Rows,
    _ defaults: [Column],
    _ write: WritePlan
  ) {
    add("update ")
    add(write.relation.name)
    add(" as t0 set ")
    add(rows.columns) { text, column in
      text.add(name: column.name)
      text.add(" = r.")
      text.add(name: column.name)
    }
    if !defaults.isEmpty, !rows.columns.isEmpty { add(", ") }
    add(defaults) { text, column in
      text.add(name: column.name)
      text.add(" = default")
    }
    if !rows.columns.isEmpty {
      add(" from (select * from json_to_recordset(")
      add(rows.json)
      add(") as r ")
      addDefinitions(of: rows.columns)
      add(" limit 1) as r")
    }
    add(write.conditions, of: ReadPlan(write.relation, number: 0), lead: " where ")
  }

  // MARK: - Parts

  /// `("a" "pg_catalog"."int4", …)`
  private mutating func addDefinitions(of columns: [Column]) {
    add("(")
    add(columns) { text, column in
      text.add(name: column.name)
      text.add(" ")
      text.add(column.type)
    }
    add(")")
  }

  private mutating func addReturning(_ columns: [String]?) {
    guard let columns else { return add(" returning t0.*") }
    guard !columns.isEmpty else { return add(" returning 1") }
    add(" returning ")
    add(columns) { text, name in
      text.add("t0.")
      text.add(name: name)
    }
  }

  /// No rows, of the columns that are needed.
  private mutating func addNothing(_ write: WritePlan, _ returning: [String]?) {
    add("with s as (select ")
    if let returning {
      if returning.isEmpty { add("1") }
      add(returning) { text, name in
        text.add("t0.")
        text.add(name: name)
      }
    } else {
      add("t0.*")
    }
    add(" from ")
    add(write.relation.name)
    add(" as t0 where false)")
  }
}
