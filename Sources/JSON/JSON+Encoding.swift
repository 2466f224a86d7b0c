extension JSON {
  /// The value of anything `Encodable`; names become snake case. Absent optionals become null, so
  /// that an answer has all its fields.
  package init(encoding value: some Encodable) throws {
    let node = Node()
    try node.encode(value)
    self = node.json
  }
}

/// A place in the value that is being put together.
private final class Node: Encoder {
  enum Content {
    case value(JSON)
    case array([Node])
    case object([(name: String, node: Node)])
  }

  var content = Content.value(.null)
  let codingPath: [any CodingKey] = []
  let userInfo: [CodingUserInfoKey: Any] = [:]

  var json: JSON {
    switch content {
    case .value(let value): value
    case .array(let nodes): .array(nodes.map(\.json))
    case .object(let members): .object(members.map { JSON.Member($0.name, $0.node.json) })
    }
  }

  func encode(_ value: some Encodable) throws {
    switch value {
    case let json as JSON: content = .value(json)
    case let text as String: content = .value(.string(text))
    case let flag as Bool: content = .value(.bool(flag))
    case let number as any BinaryInteger: content = .value(.number("\(number)"))
    case let number as Double: content = .value(number.isFinite ? .number("\(number)") : .null)
    case let number as Float: content = .value(number.isFinite ? .number("\(number)") : .null)
    default: try value.encode(to: self)
    }
  }

  func member(_ key: some CodingKey) -> Node {
    let node = Node()
    var members: [(name: String, node: Node)] = []
    if case .object(let old) = content { members = old }
    members.append((key.stringValue.snakeCased, node))
    content = .object(members)
    return node
  }

  func element() -> Node {
    let node = Node()
    var nodes: [Node] = []
    if case .array(let old) = content { nodes = old }
    nodes.append(node)
    content = .array(nodes)
    return node
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    if case .object = content {} else { content = .object([]) }
    return KeyedEncodingContainer(Members(node: self))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    content = .array([])
    return Elements(node: self)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { Single(node: self) }
}

private struct Members<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let node: Node
  var codingPath: [any CodingKey] { [] }

  func encodeNil(forKey key: Key) { _ = node.member(key) }
  func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
    try node.member(key).encode(value)
  }
  /// The standard library leaves nil out; spelling each of its overloads is the way to keep it.
  private func optional(_ value: (some Encodable)?, _ key: Key) throws {
    let member = node.member(key)
    if let value { try member.encode(value) }
  }
  func encodeIfPresent<Value: Encodable>(_ value: Value?, forKey key: Key) throws {
    try optional(value, key)
  }
  func encodeIfPresent(_ value: Bool?, forKey key: Key) throws { try optional(value, key) }
  func encodeIfPresent(_ value: String?, forKey key: Key) throws { try optional(value, key) }
  func encodeIfPresent(_ value: Double?, forKey key: Key) throws { try optional(value, key) }
  func encodeIfPresent(_ value: Float?, forKey key: Key) throws { try optional(value, key) }
  func encodeIfPresent(_ value: Int?, forKey key: Key) throws { try optional(value, key) }
  func encodeIfPresent(_ value: Int8?, forKey key: Key) throws { try optional(value, key) }
  func encodeIfPresent(_ value: Int16?, forKey key: Key) throws { try optional(value, key) }
  func encodeIfPresent(_ value: Int32?, forKey key: Key) throws { try optional(value, key) }
  func encodeIfPresent(_ value: Int64?, forKey key: Key) throws { try optional(value, key) }
  func encodeIfPresent(_ value: UInt?, forKey key: Key) throws { try optional(value, key) }
  func encodeIfPresent(_ value: UInt8?, forKey key: Key) throws { try optional(value, key) }
  func encodeIfPresent(_ value: UInt16?, forKey key: Key) throws { try optional(value, key) }
  func encodeIfPresent(_ value: UInt32?, forKey key: Key) throws { try optional(value, key) }
  func encodeIfPresent(_ value: UInt64?, forKey key: Key) throws { try optional(value, key) }
  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type,
    forKey key: Key
  ) -> KeyedEncodingContainer<Nested> { node.member(key).container(keyedBy: type) }
  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    node.member(key).unkeyedContainer()
  }
  func superEncoder() -> any Encoder { node }
  func superEncoder(forKey key: Key) -> any Encoder { node.member(key) }
}

private struct Elements: UnkeyedEncodingContainer {
  let node: Node
  var codingPath: [any CodingKey] { [] }
  var count: Int { if case .array(let nodes) = node.content { nodes.count } else { 0 } }

  func encodeNil() { _ = node.element() }
  func encode<Value: Encodable>(_ value: Value) throws { try node.element().encode(value) }
  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) -> KeyedEncodingContainer<Nested> { node.element().container(keyedBy: type) }
  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    node.element().unkeyedContainer()
  }
  func superEncoder() -> any Encoder { node.element() }
}

private struct Single: SingleValueEncodingContainer {
  let node: Node
  var codingPath: [any CodingKey] { [] }

  func encodeNil() { node.content = .value(.null) }
  func encode<Value: Encodable>(_ value: Value) throws { try node.encode(value) }
}
