/// Reads a `Decodable` type from one column: an enum by its raw value, an array element by element.
struct ColumnDecoder: Decoder {
  let text: ColumnBytes?
  let place: ColumnPlace

  var codingPath: [any CodingKey] { place.codingPath }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    throw mismatch(type, "is a column, which has no columns of its own", codingPath)
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard let elements = text?.withUnsafeBytes({ ArrayText.elements(of: $0) }) else {
      throw mismatch([Any].self, "is no array of one dimension", codingPath)
    }
    return ElementsContainer(elements: elements, place: place)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer {
    ValueContainer(text: text, place: place)
  }
}

struct ValueContainer: SingleValueDecodingContainer {
  let text: ColumnBytes?
  let place: ColumnPlace

  var codingPath: [any CodingKey] { place.codingPath }

  func decodeNil() -> Bool { text == nil }

  func decode(_ type: Bool.Type) throws -> Bool { try value() }
  func decode(_ type: String.Type) throws -> String { try value() }
  func decode(_ type: Double.Type) throws -> Double { try value() }
  func decode(_ type: Int.Type) throws -> Int { try value() }
  func decode(_ type: Int16.Type) throws -> Int16 { try value() }
  func decode(_ type: Int32.Type) throws -> Int32 { try value() }
  func decode(_ type: Int64.Type) throws -> Int64 { try value() }

  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    guard let decodable = type as? any ColumnDecodable.Type else {
      return try Value(from: ColumnDecoder(text: text, place: place))
    }
    guard let value = try read(decodable) as? Value else {
      throw mismatch(type, "is no \(type)", codingPath)
    }
    return value
  }

  private func read<Value: ColumnDecodable>(_ type: Value.Type) throws -> Value { try value() }

  private func value<Value: ColumnDecodable>() throws -> Value {
    guard let text else {
      guard let null = Value.null else { throw mismatch(Value.self, "is null", codingPath) }
      return null
    }
    guard let value = text.withUnsafeBytes({ Value(columnText: $0) }) else {
      throw mismatch(Value.self, "is no \(Value.self)", codingPath)
    }
    return value
  }
}

/// The elements of an array that isn't read in one go, such as one of enums.
private struct ElementsContainer: UnkeyedDecodingContainer {
  let elements: [[UInt8]?]
  let place: ColumnPlace
  private(set) var currentIndex = 0

  init(elements: [[UInt8]?], place: ColumnPlace) {
    self.elements = elements
    self.place = place
  }

  var codingPath: [any CodingKey] { place.codingPath }
  var count: Int? { elements.count }
  var isAtEnd: Bool { currentIndex == elements.count }

  mutating func decodeNil() throws -> Bool {
    guard !isAtEnd, elements[currentIndex] == nil else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    guard !isAtEnd else { throw mismatch(type, "has no more elements", codingPath) }
    let element = elements[currentIndex].map { ColumnBytes(copying: $0) }
    let value = try ValueContainer(text: element, place: place).decode(type)
    currentIndex += 1
    return value
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) throws -> KeyedDecodingContainer<Nested> {
    throw mismatch(type, "is a column, which has no columns of its own", codingPath)
  }

  func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    throw mismatch([Any].self, "is an array in an array", codingPath)
  }

  func superDecoder() throws -> any Decoder {
    throw mismatch([Any].self, "is an array", codingPath)
  }
}

private func mismatch(
  _ type: Any.Type,
  _ reason: String,
  _ codingPath: [any CodingKey]
) -> DecodingError {
  .typeMismatch(type, DecodingError.Context(codingPath: codingPath, debugDescription: reason))
}
