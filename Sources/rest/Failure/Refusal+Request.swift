import JSON

/// What is wrong with a request before the database is asked (PostgREST's group 1).
extension Refusal {
  /// - Parameters:
  ///   - part: what was read, such as `filter`.
  ///   - column: where in it, counted from 1.
  static func parse(_ part: String, _ text: String, column: Int, _ details: String) -> Refusal {
    Refusal(
      400,
      "PGRST100",
      "\"failed to parse \(part) (\(text))\" (line 1, column \(column))",
      details: .string(details)
    )
  }

  static func rpcMethod(_ method: String) -> Refusal {
    Refusal(405, "PGRST101", "Cannot use the \(method) method on RPC")
  }

  static func body(_ message: String) -> Refusal {
    Refusal(400, "PGRST102", message)
  }

  static func range(_ details: String) -> Refusal {
    Refusal(416, "PGRST103", "Requested range not satisfiable", details: .string(details))
  }

  static func offset(_ offset: Int, total: Int) -> Refusal {
    let rows = total == 1 ? "there is only 1 row" : "there are only \(total) rows"
    return range("An offset of \(offset) was requested, but \(rows).")
  }

  static let putFilters = Refusal(
    405,
    "PGRST105",
    "Filters must include all and only primary key columns with 'eq' operators"
  )

  /// A write that would touch every row, in the words of the extension safeupdate, which Supabase
  /// loads for the REST interface.
  ///
  /// - Parameter verb: of SQL.
  static func unfiltered(_ verb: String) -> Refusal {
    Refusal(400, "21000", "\(verb) requires a WHERE clause")
  }

  static func schema(_ name: String, of schemas: [String]) -> Refusal {
    let list = schemas.joined(separator: ", ")
    return Refusal(
      406,
      "PGRST106",
      "Invalid schema: \(name)",
      hint: .string("Only the following schemas are exposed: \(list)")
    )
  }

  static func media(_ accepted: [String]) -> Refusal {
    let list = accepted.joined(separator: ", ")
    return Refusal(406, "PGRST107", "None of these media types are available: \(list)")
  }

  static func notEmbedded(_ name: String) -> Refusal {
    Refusal(
      400,
      "PGRST108",
      "'\(name)' is not an embedded resource in this request",
      hint: .string("Verify that '\(name)' is included in the 'select' query parameter.")
    )
  }

  static let putRange = Refusal(
    400,
    "PGRST114",
    "limit/offset querystring parameters are not allowed for PUT"
  )

  static let putPayload = Refusal(
    400,
    "PGRST115",
    "Payload values do not match URL in primary key column(s)"
  )

  static func notSingle(_ rows: Int) -> Refusal {
    Refusal(
      406,
      "PGRST116",
      "Cannot coerce the result to a single JSON object",
      details: .string("The result contains \(rows) rows")
    )
  }

  static let method = Refusal(405, "PGRST117", "Unsupported HTTP method")

  static func relatedOrder(_ origin: String, _ target: String) -> Refusal {
    Refusal(
      400,
      "PGRST118",
      "A related order on '\(target)' is not possible",
      details: .string(
        "'\(origin)' and '\(target)' do not form a many-to-one or one-to-one relationship"
      )
    )
  }

  static func embedFilter(_ name: String) -> Refusal {
    Refusal(
      400,
      "PGRST120",
      "Bad operator on the '\(name)' embedded resource",
      details: "Only is null or not is null filters are allowed on embedded resources"
    )
  }

  static func preferences(_ invalid: [String]) -> Refusal {
    Refusal(
      400,
      "PGRST122",
      "Invalid preferences given with handling=strict",
      details: .string("Invalid preferences: \(invalid.joined(separator: ", "))")
    )
  }

  static let aggregates = Refusal(400, "PGRST123", "Use of aggregate functions is not allowed")

  static let path = Refusal(404, "PGRST125", "Invalid path specified in request URL")

  static func notImplemented(_ details: String) -> Refusal {
    Refusal(
      400,
      "PGRST127",
      "The requested feature is not implemented",
      details: .string(details)
    )
  }

  static let maxAffectedOfSingle = Refusal(
    400,
    "PGRST128",
    "Function must return SETOF or TABLE when max-affected preference is used with handling=strict"
  )
}
