extension StatementText {
  /// `"public"."add"("a" := $1::"pg_catalog"."int4")` in a `from`, preceded by what its arguments
  /// come from.
  mutating func add(_ call: PlannedCall) {
    if case .members(let parameters, let body) = call.arguments, !parameters.isEmpty {
      addRecord(parameters, body)
      add(", lateral ")
    }
    addInvocation(of: call)
  }

  /// `select "public"."add"(…) as v`, of a function that returns no row.
  mutating func add(scalar call: PlannedCall, _ range: RowRange) {
    add("select ")
    addInvocation(of: call)
    add(" as v")
    if case .members(let parameters, let body) = call.arguments, !parameters.isEmpty {
      add(" from ")
      addRecord(parameters, body)
    }
    if call.routine.returnsSet { add(range) }
  }

  private mutating func addInvocation(of call: PlannedCall) {
    add(call.routine.name)
    add("(")
    switch call.arguments {
    case .whole(let body):
      if let parameter = call.routine.parameters.first { add(body, as: parameter) }
    case .members(let parameters, _):
      add(parameters) { text, parameter in
        if parameter.isVariadic { text.add("variadic ") }
        text.add(name: parameter.name)
        text.add(" := a.")
        text.add(name: parameter.name)
      }
    case .texts(let arguments):
      add(arguments) { text, argument in text.add(argument.0, argument.1) }
    }
    add(")")
  }

  private mutating func add(_ parameter: Routine.Parameter, _ argument: PlannedCall.ArgumentText) {
    if parameter.isVariadic { add("variadic ") }
    add(name: parameter.name)
    add(" := ")
    switch argument {
    case .one(let text, let place): add(value: text, of: place)
    case .many(let elements): add(value: Self.arrayText(of: elements))
    }
    add("::")
    add(parameter.type)
  }

  private mutating func add(_ body: BodyText, as parameter: Routine.Parameter) {
    if parameter.type.name == "bytea" {
      add(body, isBytes: true)
    } else {
      add(body)
      add("::")
      add(parameter.type)
    }
  }

  /// The members of an object as a row `a` of the parameters' types.
  private mutating func addRecord(_ parameters: [Routine.Parameter], _ body: BodyText) {
    add("json_to_record(")
    add(body)
    add(") as a (")
    add(parameters) { text, parameter in
      text.add(name: parameter.name)
      text.add(" ")
      text.add(parameter.type)
    }
    add(")")
  }
}
