/// Reads a `Decodable` type from a row: a property is the column of its name, or of its name in
/// snake_case.
struct RowDecoder: Decoder {
  let row: Row

  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
    KeyedDecodingContainer(RowContainer<Key>(row: row))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    throw unsupported("a row is no array")
  }

  /// A row of one column can be read as that column's value.
  func singleValueContainer() throws -> any SingleValueDecodingContainer {
    guard row.result.columnCount == 1 else {
      throw unsupported("one value is wanted of a row of \(row.result.columnCount) columns")
    }
    return ValueContainer(text: row.bytes(at: 0), place: ColumnPlace(row, 0))
  }

  private func unsupported(_ reason: String) -> PostgresError {
    .decoding(DecodingFailure(column: "", reason: reason))
  }
}

private final class RowContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
  private let row: Row
  /// Where the next column is looked for first: an optional one is asked for more than once.
  private var last: Int32 = 0

  init(row: Row) {
    self.row = row
  }

  var codingPath: [any CodingKey] { [] }

  var allKeys: [Key] {
    (0..<row.result.columnCount).compactMap { Key(stringValue: ColumnKey(row, $0).stringValue) }
  }

  /// Every column that is asked for must be there: an optional property is for null, and not for a
  /// column that the statement has forgotten.
  func contains(_ key: Key) -> Bool { true }

  func decodeNil(forKey key: Key) throws -> Bool { row.bytes(at: try column(key)) == nil }

  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try value(key) }
  func decode(_ type: String.Type, forKey key: Key) throws -> String { try value(key) }
  func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try value(key) }
  func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try value(key) }
  func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try value(key) }
  func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try value(key) }
  func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try value(key) }

  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    let column = try column(key)
    let text = row.bytes(at: column)
    return try ValueContainer(text: text, place: ColumnPlace(row, column)).decode(type)
  }

  func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { try value(key) }
  func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { try value(key) }
  func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? { try value(key) }
  func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { try value(key) }
  func decodeIfPresent(_ type: Int16.Type, forKey key: Key) throws -> Int16? { try value(key) }
  func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? { try value(key) }
  func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? { try value(key) }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type,
    forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> {
    throw row.failure(try column(key), "is a column, which has no columns of its own")
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    let column = try column(key)
    return try ColumnDecoder(text: row.bytes(at: column), place: ColumnPlace(row, column))
      .unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { RowDecoder(row: row) }

  func superDecoder(forKey key: Key) throws -> any Decoder { RowDecoder(row: row) }

  private func value<Value: ColumnDecodable>(_ key: Key) throws -> Value {
    try row.decode(try column(key))
  }

  private func column(_ key: Key) throws(PostgresError) -> Int32 {
    guard let column = find(key) else {
      throw .decoding(DecodingFailure(column: key.stringValue, reason: "is not in the result"))
    }
    last = column
    return column
  }

  private func find(_ key: Key) -> Int32? {
    row.result.column(matching: key.stringValue, from: last, exactly: false)
  }
}

/// Which column a value is of. Its name is only looked up for an error.
struct ColumnPlace {
  private let row: Row
  private let column: Int32

  init(_ row: Row, _ column: Int32) {
    self.row = row
    self.column = column
  }

  var codingPath: [any CodingKey] { [ColumnKey(row, column)] }
}

/// A column's name as errors show it.
struct ColumnKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(_ row: Row, _ column: Int32) {
    stringValue = row.result.name(of: column)
  }

  init?(stringValue: String) {
    self.stringValue = stringValue
  }

  init?(intValue: Int) {
    nil
  }
}

extension DecodingFailure {
  /// Of an error that a type's own `init(from:)` threw.
  init(_ error: DecodingError) {
    let context =
      switch error {
      case .typeMismatch(_, let context), .valueNotFound(_, let context),
        .keyNotFound(_, let context), .dataCorrupted(let context):
        context
      @unknown default:
        DecodingError.Context(codingPath: [], debugDescription: "can't be decoded")
      }
    let column = context.codingPath.first?.stringValue ?? ""
    self.init(column: column, reason: context.debugDescription)
  }
}
