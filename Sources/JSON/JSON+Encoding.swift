extension [UInt8] {
  /// Appends the value of anything `Encodable`; names become snake case. Absent optionals become
  /// null, so that an answer has all its fields.
  ///
  /// The text is written as the value tells it, so a nested container has to be filled before its
  /// parent goes on, as every synthesised conformance does.
  ///
  /// - Throws: `EncodingError` for one that does not.
  package mutating func append(jsonEncoding value: some Encodable) throws {
    try encode(value, JSONWriter(consuming: &self))
  }

  /// Appends an object: `members`, then those of `value`.
  ///
  /// - Parameter members: JSON, such as `"success":true`.
  /// - Throws: `EncodingError` also for a value that is no object.
  package mutating func append(
    jsonObject members: StaticString,
    encoding value: some Encodable
  ) throws {
    let writer = JSONWriter(consuming: &self)
    writer.beginObject(with: members)
    try encode(value, writer)
  }

  private mutating func encode(_ value: some Encodable, _ writer: JSONWriter) throws {
    defer { swap(&self, &writer.bytes) }
    try value.encode(to: JSONPlace(writer: writer, level: 0))
    try writer.end()
  }
}

/// Where a value goes.
struct JSONPlace: Encoder, SingleValueEncodingContainer {
  let writer: JSONWriter
  /// How many containers it stands in.
  let level: Int

  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    KeyedEncodingContainer(JSONMembers(container: writer.open(.object, level)))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    JSONElements(container: writer.open(.array, level))
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { self }

  func encodeNil() throws { try literal("null") }
  func encode(_ flag: Bool) throws { try literal(flag ? "true" : "false") }
  func encode(_ text: String) throws {
    try writer.beginScalar(level)
    writer.bytes.append(jsonString: text)
  }
  func encode(_ number: Int) throws { try digits(String(number)) }
  func encode(_ number: Double) throws {
    if number.isFinite { try digits("\(number)") } else { try literal("null") }
  }

  private func literal(_ text: StaticString) throws {
    try writer.beginScalar(level)
    writer.bytes.append(literal: text)
  }

  private func digits(_ text: String) throws {
    try writer.beginScalar(level)
    writer.bytes.append(contentsOf: text.utf8)
  }

  func encode<Value: Encodable>(_ value: Value) throws {
    try value.encode(to: self)
    try writer.close(to: level)
  }

  // Whoever is generic calls none of these itself: `encode(to:)` of these types does.
  func encode(_ number: Float) throws {
    if number.isFinite { try digits("\(number)") } else { try literal("null") }
  }
  func encode(_ number: Int8) throws { try digits(String(number)) }
  func encode(_ number: Int16) throws { try digits(String(number)) }
  func encode(_ number: Int32) throws { try digits(String(number)) }
  func encode(_ number: Int64) throws { try digits(String(number)) }
  func encode(_ number: UInt) throws { try digits(String(number)) }
  func encode(_ number: UInt8) throws { try digits(String(number)) }
  func encode(_ number: UInt16) throws { try digits(String(number)) }
  func encode(_ number: UInt32) throws { try digits(String(number)) }
  func encode(_ number: UInt64) throws { try digits(String(number)) }
}

private struct JSONMembers<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let container: JSONWriter.Container
  var codingPath: [any CodingKey] { [] }

  private func place(_ key: Key) throws -> JSONPlace {
    try container.writer.place(in: container, named: key.stringValue)
  }

  func encodeNil(forKey key: Key) throws { try place(key).encodeNil() }
  func encode(_ value: Bool, forKey key: Key) throws { try place(key).encode(value) }
  func encode(_ value: String, forKey key: Key) throws { try place(key).encode(value) }
  func encode(_ value: Int, forKey key: Key) throws { try place(key).encode(value) }
  func encode(_ value: Double, forKey key: Key) throws { try place(key).encode(value) }
  func encode(_ value: Int64, forKey key: Key) throws { try place(key).encode(value) }
  func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
    try place(key).encode(value)
  }

  /// The standard library leaves nil out; spelling each of its overloads is the way to keep it.
  private func optional(_ value: (some Encodable)?, _ key: Key) throws {
    if let value { try encode(value, forKey: key) } else { try encodeNil(forKey: key) }
  }
  func encodeIfPresent<Value: Encodable>(_ value: Value?, forKey key: Key) throws {
    try optional(value, key)
  }
  func encodeIfPresent(_ value: Bool?, forKey key: Key) throws {
    if let value { try encode(value, forKey: key) } else { try encodeNil(forKey: key) }
  }
  func encodeIfPresent(_ value: String?, forKey key: Key) throws {
    if let value { try encode(value, forKey: key) } else { try encodeNil(forKey: key) }
  }
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
  ) -> KeyedEncodingContainer<Nested> { superEncoder(forKey: key).container(keyedBy: type) }
  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    superEncoder(forKey: key).unkeyedContainer()
  }
  func superEncoder() -> any Encoder { superEncoder(named: "super") }
  func superEncoder(forKey key: Key) -> any Encoder { superEncoder(named: key.stringValue) }

  private func superEncoder(named name: String) -> JSONPlace {
    container.writer.placeForLater(in: container, named: name)
  }
}

private struct JSONElements: UnkeyedEncodingContainer {
  let container: JSONWriter.Container
  var codingPath: [any CodingKey] { [] }
  var count: Int { container.writer.count(of: container) }

  private func place() throws -> JSONPlace { try container.writer.place(in: container) }

  func encodeNil() throws { try place().encodeNil() }
  func encode(_ value: Bool) throws { try place().encode(value) }
  func encode(_ value: String) throws { try place().encode(value) }
  func encode(_ value: Int) throws { try place().encode(value) }
  func encode(_ value: Double) throws { try place().encode(value) }
  func encode<Value: Encodable>(_ value: Value) throws { try place().encode(value) }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) -> KeyedEncodingContainer<Nested> { superEncoder().container(keyedBy: type) }
  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    superEncoder().unkeyedContainer()
  }
  func superEncoder() -> any Encoder { container.writer.placeForLater(in: container) }
}
