import JSON

/// What the schema cache does not hold, or holds more than once (PostgREST's group 2).
extension Refusal {
  static func noRelationship(
    _ origin: String,
    _ target: String,
    hint given: String?,
    in schema: String,
    suggestion: String?
  ) -> Refusal {
    let with = given.map { " using the hint '\($0)'" } ?? ""
    return Refusal(
      400,
      "PGRST200",
      "Could not find a relationship between '\(origin)' and '\(target)' in the schema cache",
      details: .string(
        "Searched for a foreign key relationship between '\(origin)' and '\(target)'\(with) in the"
          + " schema '\(schema)', but no matches were found."
      ),
      hint: JSON(suggestion.map { "Perhaps you meant '\($0)' instead of '\(target)'." })
    )
  }

  static func ambiguousRelationship(
    _ origin: String,
    _ target: String,
    _ candidates: [Relationship]
  ) -> Refusal {
    let names = candidates.map { "'\(target)!\($0.hint)'" }.joined(separator: ", ")
    return Refusal(
      300,
      "PGRST201",
      "Could not embed because more than one relationship was found for '\(origin)' and '\(target)'",
      details: .array(
        candidates.map {
          [
            "cardinality": .string($0.cardinality.rawValue),
            "embedding": .string("\(origin) with \($0.target.name)"),
            "relationship": .string($0.words(of: origin)),
          ]
        }
      ),
      hint: .string(
        "Try changing '\(target)' to one of the following: \(names). Find the desired relationship"
          + " in the 'details' key."
      )
    )
  }

  /// - Parameter hasBody: the arguments came in a body, which one unnamed parameter could take.
  static func noFunction(
    _ name: QualifiedName,
    _ arguments: [String],
    hasBody: Bool,
    suggestion: String?
  ) -> Refusal {
    let list = arguments.joined(separator: ", ")
    let called =
      arguments.isEmpty ? "\(name) without parameters" : "\(name)(\(list))"
    let with =
      arguments.isEmpty
      ? "without parameters"
      : "with parameter\(arguments.count == 1 ? "" : "s") \(list)"
    let unnamed =
      hasBody ? " or with a single unnamed json/jsonb parameter" : ""
    return Refusal(
      404,
      "PGRST202",
      "Could not find the function \(called) in the schema cache",
      details: .string(
        "Searched for the function \(name) \(with)\(unnamed), but no matches were found in the"
          + " schema cache."
      ),
      hint: JSON(suggestion.map { "Perhaps you meant to call the function \($0)" })
    )
  }

  static func ambiguousFunction(_ candidates: [Routine]) -> Refusal {
    let list = candidates.map(\.signature).joined(separator: ", ")
    return Refusal(
      300,
      "PGRST203",
      "Could not choose the best candidate function between: \(list)",
      hint:
        "Try renaming the parameters or the function itself in the database so function overloading can be resolved"
    )
  }

  static func noColumn(_ name: String, of relation: String) -> Refusal {
    Refusal(
      400,
      "PGRST204",
      "Could not find the '\(name)' column of '\(relation)' in the schema cache"
    )
  }

  static func noTable(_ name: QualifiedName, suggestion: String?) -> Refusal {
    Refusal(
      404,
      "PGRST205",
      "Could not find the table '\(name)' in the schema cache",
      hint: JSON(suggestion.map { "Perhaps you meant the table '\($0)'" })
    )
  }

  /// What PostgreSQL says of a column that is read and is not there.
  static func undefinedColumn(_ name: String, of relation: String) -> Refusal {
    Refusal(400, "42703", "column \(relation).\(name) does not exist")
  }

  /// What PostgreSQL says of a type that is not there.
  static func undefinedType(_ name: String) -> Refusal {
    Refusal(400, "42704", "type \"\(name)\" does not exist")
  }
}
