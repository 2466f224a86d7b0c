import JSON

/// A JSON Schema (2020-12) that is written down while dummies are read into a type.
final class Schema {
  private var keywords: [JSON.Member] = []
  private var properties: [(name: String, schema: Schema)] = []
  private var required: [String] = []
  private(set) var items: Schema?

  private var isObject: Bool {
    keywords.contains {
      $0 == JSON.Member("type", "object") || $0 == JSON.Member("type", ["object", "null"])
    }
  }

  /// Sets a keyword, anew when it was set before.
  func set(_ keyword: String, _ value: JSON) {
    keywords.removeAll { $0.name == keyword }
    keywords.append(JSON.Member(keyword, value))
  }

  func property(_ name: String, isRequired: Bool) -> Schema {
    if let known = properties.first(where: { $0.name == name }) { return known.schema }
    let schema = Schema()
    properties.append((name, schema))
    if isRequired { required.append(name) }
    return schema
  }

  func element() -> Schema {
    let schema = Schema()
    items = schema
    set("type", "array")
    return schema
  }

  /// Adds to a property what a check asks of it; of two lengths the narrower one stays.
  func constrain(_ name: String, _ constraints: [(String, JSON)]) {
    guard let property = properties.first(where: { $0.name == name })?.schema else { return }
    for (keyword, value) in constraints where !property.has(keyword) {
      property.set(keyword, value)
    }
  }

  /// An encoder leaves nothing out: what is optional is there as null.
  func requireAll() {
    required = properties.map(\.name)
    for property in properties { property.schema.requireAll() }
    items?.requireAll()
  }

  /// Besides the type, null: an optional field.
  func allowNull() {
    guard let index = keywords.firstIndex(where: { $0.name == "type" }) else { return }
    keywords[index].value = [keywords[index].value, "null"]
    if let choices = keywords.firstIndex(where: { $0.name == "enum" }),
      case .array(let values) = keywords[choices].value
    {
      keywords[choices].value = .array(values + [.null])
    }
  }

  private func has(_ keyword: String) -> Bool {
    keywords.contains { $0.name == keyword }
  }

  var json: JSON {
    var members = keywords
    if let items { members.append(JSON.Member("items", items.json)) }
    guard isObject else { return .object(members) }
    members.append(
      JSON.Member("properties", .object(properties.map { JSON.Member($0.name, $0.schema.json) }))
    )
    if !required.isEmpty {
      members.append(JSON.Member("required", .array(required.map(JSON.string))))
    }
    return .object(members)
  }
}
