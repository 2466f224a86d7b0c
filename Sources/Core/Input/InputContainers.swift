import JSON

/// An object's members. A required one that is absent is a problem, and reading goes on with a
/// dummy.
struct InputMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let reader: InputReader
  let codingPath: [any CodingKey] = []

  var allKeys: [Key] {
    guard case .object(let members)? = reader.value else { return [] }
    return members.compactMap { Key(stringValue: $0.name) }
  }

  func contains(_ key: Key) -> Bool { reader.value?[key.stringValue.snakeCased] != nil }

  func decodeNil(forKey key: Key) -> Bool {
    let value = reader.value?[key.stringValue.snakeCased]
    return value == nil || value == .null
  }

  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    let name = key.stringValue.snakeCased
    let value = present(name)
    let schema = reader.schema?.property(name, isRequired: true)
    let child = reader.child(value, name, schema: schema)
    if value == nil, reader.value != nil { child.report("is required") }
    return try child.read(type)
  }

  /// nil when the member is absent or null.
  private func optional<Value: Decodable>(_ type: Value.Type, _ key: Key) throws -> Value? {
    let name = key.stringValue.snakeCased
    if let schema = reader.schema?.property(name, isRequired: false) {
      _ = try? reader.child(nil, name, schema: schema).read(type)
      schema.allowNull()
      return nil
    }
    guard let value = present(name) else { return nil }
    return try? reader.child(value, name, schema: nil).read(type)
  }

  private func present(_ name: String) -> JSON? {
    let value = reader.value?[name]
    return value == .null ? nil : value
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type,
    forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> {
    let name = key.stringValue.snakeCased
    return reader.child(present(name), name, schema: nil).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    let name = key.stringValue.snakeCased
    return reader.child(present(name), name, schema: nil).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { reader }
  func superDecoder(forKey key: Key) throws -> any Decoder { reader }
}

/// The standard library has an overload for each type, so each must be spelled to be replaced.
extension InputMembers {
  func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
    try optional(type, key)
  }
  func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
    try optional(type, key)
  }
  func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
    try optional(type, key)
  }
  func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
    try optional(type, key)
  }
  func decodeIfPresent(_ type: Float.Type, forKey key: Key) throws -> Float? {
    try optional(type, key)
  }
  func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { try optional(type, key) }
  func decodeIfPresent(_ type: Int8.Type, forKey key: Key) throws -> Int8? {
    try optional(type, key)
  }
  func decodeIfPresent(_ type: Int16.Type, forKey key: Key) throws -> Int16? {
    try optional(type, key)
  }
  func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? {
    try optional(type, key)
  }
  func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
    try optional(type, key)
  }
  func decodeIfPresent(_ type: UInt.Type, forKey key: Key) throws -> UInt? {
    try optional(type, key)
  }
  func decodeIfPresent(_ type: UInt8.Type, forKey key: Key) throws -> UInt8? {
    try optional(type, key)
  }
  func decodeIfPresent(_ type: UInt16.Type, forKey key: Key) throws -> UInt16? {
    try optional(type, key)
  }
  func decodeIfPresent(_ type: UInt32.Type, forKey key: Key) throws -> UInt32? {
    try optional(type, key)
  }
  func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? {
    try optional(type, key)
  }
}

/// An array's elements.
struct InputElements: UnkeyedDecodingContainer {
  let reader: InputReader
  let codingPath: [any CodingKey] = []
  private(set) var currentIndex = 0
  private let elements: [JSON?]
  private let itemSchema: Schema?

  init(reader: InputReader) {
    self.reader = reader
    itemSchema = reader.schema?.element()
    switch reader.value {
    case .array(let values)?: elements = values
    case let value?:
      reader.report("must be an array, not \(value.kind)")
      elements = []
    case nil: elements = itemSchema == nil ? [] : [nil]
    }
  }

  var count: Int? { elements.count }
  var isAtEnd: Bool { currentIndex >= elements.count }

  private mutating func next() throws -> InputReader {
    guard !isAtEnd else { throw InputReader.Stop() }
    defer { currentIndex += 1 }
    return reader.child(elements[currentIndex], String(currentIndex), schema: itemSchema)
  }

  mutating func decodeNil() throws -> Bool {
    guard !isAtEnd, elements[currentIndex] == .null else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try next().read(type)
  }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) throws -> KeyedDecodingContainer<Nested> { try next().container(keyedBy: type) }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try next().unkeyedContainer()
  }

  mutating func superDecoder() throws -> any Decoder { try next() }
}

/// A value that is no object and no array.
struct InputValue: SingleValueDecodingContainer {
  let reader: InputReader
  let codingPath: [any CodingKey] = []

  func decodeNil() -> Bool { reader.value == .null }
  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try reader.read(type) }
}
