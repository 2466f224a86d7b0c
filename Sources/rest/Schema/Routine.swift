/// A function that can be called.
struct Routine: Sendable {
  struct Parameter: Sendable, Equatable {
    /// Empty for one without a name.
    let name: String
    let type: QualifiedName
    let isRequired: Bool
    let isVariadic: Bool
  }

  enum Result: Sendable {
    case nothing
    case scalar
    /// The columns are those of a relation, or named by the function's own parameters. Without any
    /// the caller would have to say what they are, which it can't here.
    case row(Relation)
  }

  enum Volatility: String, Sendable {
    case immutable = "i"
    case stable = "s"
    case volatile = "v"
  }

  let name: QualifiedName
  let parameters: [Parameter]
  let result: Result
  let returnsSet: Bool
  let volatility: Volatility
  let settings: OwnSettings

  /// `public.add(a => integer, b => integer)`
  var signature: String {
    let list = parameters.map { "\($0.name) => \($0.type.name)" }.joined(separator: ", ")
    return "\(name)(\(list))"
  }

  /// The one parameter without a name that takes a whole body, by its type.
  var unnamedParameter: Parameter? {
    guard parameters.count == 1, let parameter = parameters.first, parameter.name.isEmpty,
      parameter.type.schema == "pg_catalog"
    else { return nil }
    return parameter
  }
}
