import Postgres

/// Puts the one row around a request's rows that is its answer: `total`, `page` (how many there
/// are), `body`, and the settings that a function may have made for the answer.
struct Envelope {
  var media: MediaType
  /// HEAD, or an answer that shows nothing.
  var hasBody: Bool
  var count: Preferences.Count?
  /// Whether the statement fails when there is not one row: what it has written is undone with it.
  var checksSingle = false
  /// How many rows are counted at most where an estimate will do.
  var countLimit: Int

  // MARK: - Reading

  func read(_ plan: ReadPlan) -> Statement {
    var text = StatementText()
    add(to: &text, plan, from: .relation(plan.relation.name))
    return text.finish("rest.read")
  }

  /// What the planner expects, for counts that are estimated.
  func estimate(_ plan: ReadPlan, from source: RowSource) -> Statement {
    var text = StatementText()
    text.add("explain (format json) select")
    text.addUncut(plan, from: source)
    return text.finish("rest.estimate")
  }

  private func add(to text: inout StatementText, _ plan: ReadPlan, from source: RowSource) {
    text.add("select ")
    addTotal(to: &text, plan, from: source)
    text.add(
      checksSingle ? " as total, rest.single(count(*)) as page, " : " as total, count(*) as page, "
    )
    addBody(to: &text, plan)
    addSettings(to: &text)
    text.add(" from (")
    text.add(plan, from: source)
    text.add(") as r")
  }

  private func addTotal(to text: inout StatementText, _ plan: ReadPlan, from source: RowSource) {
    switch count {
    case nil, .planned:
      text.add("null::bigint")
    case .exact:
      text.add("(select count(*)")
      text.addUncut(plan, from: source)
      text.add(")")
    case .estimated:
      text.add("(select count(*) from (select")
      text.addUncut(plan, from: source)
      text.add(" limit ")
      text.add(number: countLimit + 1)
      text.add(") as n)")
    }
  }

  // MARK: - Calling

  func call(
    _ call: PlannedCall,
    _ plan: ReadPlan?,
    range: RowRange,
    affectedLimit: Int?
  ) -> Statement {
    var text = StatementText()
    guard let plan else {
      addScalar(to: &text, call, range)
      return text.finish("rest.call")
    }
    guard count != nil || affectedLimit != nil else {
      add(to: &text, plan, from: .call(call))
      return text.finish("rest.call")
    }
    text.add("with s as materialized (select t0.* from ")
    text.add(call)
    text.add(" as t0) ")
    if let affectedLimit {
      text.add("select w.* from (select rest.at_most(count(*), ")
      text.add(number: affectedLimit)
      text.add(") as n from s) as l, lateral (")
      add(to: &text, plan, from: .written)
      text.add(") as w where l.n is not null")
    } else {
      add(to: &text, plan, from: .written)
    }
    return text.finish("rest.call")
  }

  private func addScalar(to text: inout StatementText, _ call: PlannedCall, _ range: RowRange) {
    text.add("select ")
    text.add(count == nil ? "null::bigint" : "count(*)")
    text.add(" as total, count(*) as page, ")
    if !hasBody {
      text.add("null")
    } else if case .csv = media {
      text.add("concat(")
      text.add(text: CSV.line([call.routine.name.name]))
      text.add(", string_agg(concat(chr(10), rest.csv_field(r.v::text)), ''))")
    } else if call.routine.returnsSet {
      text.add("coalesce(json_agg(r.v), '[]')")
    } else {
      text.add("string_agg(coalesce(to_json(r.v)::text, 'null'), '')")
    }
    text.add(" as body")
    addSettings(to: &text)
    text.add(" from (")
    text.add(scalar: call, range)
    text.add(") as r")
  }

  // MARK: - Writing

  /// - Parameters:
  ///   - affectedLimit: how many rows may be written.
  ///   - locates: the primary key of the one row that was written is wanted.
  func write(_ write: WritePlan, affectedLimit: Int?, locates: Bool) -> Statement {
    var text = StatementText()
    let key = locates ? write.relation.primaryKey : []
    let returning = write.representation.map(\.neededColumns) ?? key
    text.add(write, returning: returning)
    text.add(" select null::bigint as total, ")
    if write.isPut {
      text.add("rest.put_one(count(*))")
    } else if checksSingle {
      text.add("rest.single(count(*))")
    } else {
      text.add("count(*)")
    }
    text.add(" as page, ")
    if let plan = write.representation {
      addBody(to: &text, plan)
    } else {
      text.add("null as body")
    }
    addSettings(to: &text)
    if let affectedLimit {
      text.add(", rest.at_most((select count(*) from s), ")
      text.add(number: affectedLimit)
      text.add(") as affected")
    }
    if write.countsInserted {
      text.add(", nullif(current_setting('rest.inserted', true), '') as inserted")
    }
    if !key.isEmpty {
      text.add(", array[")
      text.add(key) { text, name in
        text.add("min(r.")
        text.add(name: name)
        text.add("::text)")
      }
      text.add("] as location")
    }
    text.add(" from (")
    if let plan = write.representation {
      text.add(plan, from: .written)
    } else {
      text.add("select * from s")
    }
    text.add(") as r")
    return text.finish("rest.write")
  }

  // MARK: - Parts

  private func addBody(to text: inout StatementText, _ plan: ReadPlan) {
    guard hasBody else { return text.add("null as body") }
    switch media {
    case .array(isStripped: false):
      text.add("coalesce(json_agg(r.*), '[]')")
    case .array(isStripped: true):
      text.add("coalesce(json_strip_nulls(json_agg(r.*)), '[]')")
    case .object(isStripped: false):
      text.add("string_agg(row_to_json(r.*)::text, '')")
    case .object(isStripped: true):
      text.add("string_agg(json_strip_nulls(row_to_json(r.*))::text, '')")
    case .csv:
      text.add("concat(")
      text.add(text: CSV.line(plan.keys))
      text.add(", string_agg(concat(chr(10), ")
      text.add(plan.keys, separator: ", ',', ") { text, key in
        text.add("rest.csv_field(r.")
        text.add(name: key)
        text.add("::text)")
      }
      text.add("), ''))")
    }
    text.add(" as body")
  }

  private func addSettings(to text: inout StatementText) {
    text.add(
      """
      , rest.answer_headers(nullif(current_setting('response.headers', true), '')) as headers\
      , rest.answer_status(nullif(current_setting('response.status', true), '')) as status
      """
    )
  }
}

/// RFC 4180.
enum CSV {
  static func line(_ fields: [String]) -> String {
    fields.map { field in
      guard field.isEmpty || field.utf8.contains(where: { ",\"\r\n".utf8.contains($0) }) else {
        return field
      }
      return
        "\"\(field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
    }.joined(separator: ",")
  }
}
