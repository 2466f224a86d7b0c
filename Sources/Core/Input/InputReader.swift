import JSON
import Postgres

/// Reads values into `Decodable` types and goes on where a field can't be read, so that all
/// problems are found in one pass. With a schema to fill it reads dummies and writes down what is
/// asked for.
struct InputReader: Decoder {
  /// Reading can't go on: a value of this type can't be made up.
  struct Stop: Error {}

  final class Problems {
    var list: [FieldProblem] = []
  }

  /// What is read; nil makes dummies up.
  let value: JSON?
  let path: String
  let problems: Problems
  /// Written down by the dummies' reader.
  let schema: Schema?
  /// The values came in a query, where everything is text.
  let isText: Bool

  let codingPath: [any CodingKey] = []
  let userInfo: [CodingUserInfoKey: Any] = [:]

  static func read<Input: Validated>(
    _ type: Input.Type,
    from value: JSON,
    isText: Bool
  ) -> (input: Input?, problems: [FieldProblem]) {
    let problems = Problems()
    let reader = InputReader(
      value: value.renaming(Input.aliases),
      path: "",
      problems: problems,
      schema: nil,
      isText: isText
    )
    guard case .object = value else {
      return (nil, [FieldProblem(field: "", message: "the body must be an object")])
    }
    guard let input = try? Input(from: reader) else { return (nil, problems.list) }
    var checks = Checks(problems: problems.list)
    input.validate(&checks)
    return (checks.problems.isEmpty ? input : nil, checks.problems)
  }

  static func schema<Output: Decodable>(of type: Output.Type) -> Schema {
    let schema = Schema()
    let reader = InputReader(
      value: nil,
      path: "",
      problems: Problems(),
      schema: schema,
      isText: false
    )
    let dummy = try? reader.read(type)
    if let dummy = dummy as? any Validated {
      var checks = Checks(problems: [], schema: schema)
      dummy.validate(&checks)
    }
    return schema
  }

  func child(_ value: JSON?, _ name: String, schema: Schema?) -> InputReader {
    InputReader(
      value: value,
      path: path.isEmpty ? name : "\(path).\(name)",
      problems: problems,
      schema: schema,
      isText: isText
    )
  }

  func report(_ message: String) {
    problems.list.append(FieldProblem(field: path, message: message))
  }

  // MARK: - Decoder

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
    schema?.set("type", "object")
    var object = value
    if let value, case .object = value {
    } else if let value {
      report("must be an object, not \(value.kind)")
      object = nil
    }
    let reader = InputReader(
      value: object,
      path: path,
      problems: problems,
      schema: schema,
      isText: isText
    )
    return KeyedDecodingContainer(InputMembers<Key>(reader: reader))
  }

  func unkeyedContainer() -> any UnkeyedDecodingContainer {
    InputElements(reader: self)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer {
    InputValue(reader: self)
  }
}

extension JSON {
  /// An object with its members' other names replaced; a member under its own name wins.
  fileprivate func renaming(_ aliases: [String: String]) -> JSON {
    guard !aliases.isEmpty, case .object(let members) = self else { return self }
    return .object(
      members.map { member in
        guard let name = aliases[member.name], self[name] == nil else { return member }
        return Member(name, member.value)
      }
    )
  }
}
