/// A function and what it is called with.
struct PlannedCall {
  enum Arguments {
    /// Each its text.
    case texts([(Routine.Parameter, ArgumentText)])
    /// Members of an object.
    case members([Routine.Parameter], of: BodyText)
    /// The one parameter without a name.
    case whole(BodyText)
  }

  enum ArgumentText {
    /// With the place in the query of the parameter whose own value it is.
    case one(String, of: Int?)
    /// Of a variadic parameter.
    case many([String])
  }

  let routine: Routine
  let arguments: Arguments
}

/// Finds the function that a request means, by its name and the names of its arguments.
struct CallPlanner {
  /// What the arguments come in.
  enum Form: Equatable {
    case parameters
    case json
    case text
    case bytes
    case xml

    /// The types of the one unnamed parameter that takes it whole.
    fileprivate var types: [String] {
      switch self {
      case .parameters: []
      case .json: ["json", "jsonb"]
      case .text: ["text"]
      case .bytes: ["bytea"]
      case .xml: ["xml"]
      }
    }
  }

  /// - Parameters:
  ///   - name: of the function.
  ///   - arguments: the names that are given.
  /// - Throws: ``Refusal`` when there is no such function, or more than one.
  static func routine(
    _ name: QualifiedName,
    _ arguments: [String],
    _ form: Form,
    in catalog: Catalog
  ) throws(Refusal) -> Routine {
    let all = catalog.routines(name)
    let given = Set(arguments)
    let named = all.filter { takes(given, $0) }
    if named.count == 1, let only = named.first { return only }
    if named.isEmpty {
      if let whole = try taking(form, all) { return whole }
      throw .noFunction(
        name,
        arguments.sorted(),
        hasBody: form != .parameters,
        suggestion: catalog.suggestion(forRoutine: name)
      )
    }
    // An overload that takes just what is given is nearer than one with more that has a default.
    let exact = named.filter { $0.parameters.count == given.count }
    if exact.count == 1, let only = exact.first { return only }
    throw .ambiguousFunction(named)
  }

  /// The function that takes a body whole.
  static func whole(
    _ name: QualifiedName,
    _ form: Form,
    in catalog: Catalog
  ) throws(Refusal) -> Routine {
    if let routine = try taking(form, catalog.routines(name)) { return routine }
    throw .noFunction(
      name,
      [],
      hasBody: true,
      suggestion: catalog.suggestion(forRoutine: name)
    )
  }

  private static func taking(_ form: Form, _ routines: [Routine]) throws(Refusal) -> Routine? {
    let found = routines.filter { routine in
      routine.unnamedParameter.map { form.types.contains($0.type.name) } == true
    }
    guard found.count <= 1 else { throw .ambiguousFunction(found) }
    return found.first
  }

  private static func takes(_ given: Set<String>, _ routine: Routine) -> Bool {
    let names = Set(routine.parameters.map(\.name))
    return names.isSuperset(of: given)
      && routine.parameters.allSatisfy { !$0.isRequired || given.contains($0.name) }
      && !(given.isEmpty && routine.parameters.contains { $0.name.isEmpty && $0.isRequired })
  }

  /// - Parameter pairs: of which all are arguments of `routine`; a name given twice is an array for
  ///   a variadic parameter, and else the last counts.
  static func call(_ routine: Routine, _ pairs: [QueryParameters.Pair]) -> PlannedCall {
    var arguments: [(Routine.Parameter, PlannedCall.ArgumentText)] = []
    for parameter in routine.parameters {
      let given = pairs.filter { $0.name == parameter.name }
      guard let last = given.last else { continue }
      let argument: PlannedCall.ArgumentText
      if !parameter.isVariadic {
        argument = .one(last.value, of: last.place)
      } else if given.count == 1, last.value.hasPrefix("{") {
        argument = .one(last.value, of: nil)
      } else {
        argument = .many(given.map(\.value))
      }
      arguments.append(
        (parameter, argument)
      )
    }
    return PlannedCall(routine: routine, arguments: .texts(arguments))
  }

  /// - Parameter columns: the names of the body's members.
  static func call(_ routine: Routine, _ columns: [String], _ body: BodyText) -> PlannedCall {
    let given = Set(columns)
    let members = routine.parameters.filter { given.contains($0.name) }
    return PlannedCall(routine: routine, arguments: .members(members, of: body))
  }
}
