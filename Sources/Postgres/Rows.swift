import CPostgres
import Glibc

/// What one statement gave: its rows in order, and how many it touched.
package struct Rows: RandomAccessCollection {
  let result: QueryResult

  package var startIndex: Int { 0 }
  package var endIndex: Int { Int(result.rowCount) }

  package subscript(index: Int) -> Row {
    precondition(indices.contains(index), "no such row")
    return Row(result: result, index: Int32(index))
  }

  /// The rows that an insert, update, delete or select touched.
  package var affected: Int {
    guard let text = PQcmdTuples(result.pointer) else { return 0 }
    return Int(atoll(text))
  }

  /// Each row as a value; camelCase properties are read from snake_case columns.
  package func decode<Value: Decodable>(
    as type: Value.Type
  ) throws(PostgresError) -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(count)
    for row in self { values.append(try row.decode(as: type)) }
    return values
  }
}

/// One row, its columns read by name.
package struct Row {
  let result: QueryResult
  let index: Int32

  /// The column `name` as the type that is asked for; an optional one may be null.
  package subscript<Value: ColumnDecodable>(name: String) -> Value {
    get throws(PostgresError) {
      let column = try column(name)
      return try decode(column)
    }
  }

  /// The bytes of a column's text, uncopied; nil when it is null.
  package func bytes(_ name: String) throws(PostgresError) -> ColumnBytes? {
    bytes(at: try column(name))
  }

  /// The first column's bytes, for statements whose one column is the answer's body.
  package var firstBytes: ColumnBytes? {
    result.columnCount > 0 ? bytes(at: 0) : nil
  }

  package func decode<Value: Decodable>(as type: Value.Type) throws(PostgresError) -> Value {
    do {
      return try Value(from: RowDecoder(row: self))
    } catch let error as PostgresError {
      throw error
    } catch let error as DecodingError {
      throw .decoding(DecodingFailure(error))
    } catch {
      throw .decoding(DecodingFailure(column: "", reason: "\(type) could not be made of a row"))
    }
  }

  /// The bytes of the column at `place`, counted from 0; nil when it is null.
  package func bytes(at place: Int) -> ColumnBytes? {
    precondition(place < result.columnCount, "no such column")
    return bytes(at: Int32(place))
  }

  /// A whole number; nil when it is null.
  package func integer(at place: Int) throws(PostgresError) -> Int? {
    guard let bytes = bytes(at: place) else { return nil }
    guard let number = bytes.withUnsafeBytes({ Int(columnText: $0) }) else {
      throw failure(Int32(place), "is no Int")
    }
    return number
  }

  func bytes(at column: Int32) -> ColumnBytes? {
    guard PQgetisnull(result.pointer, index, column) == 0,
      let start = PQgetvalue(result.pointer, index, column)
    else { return nil }
    let count = Int(PQgetlength(result.pointer, index, column))
    return ColumnBytes(result: result, text: UnsafeRawBufferPointer(start: start, count: count))
  }

  func decode<Value: ColumnDecodable>(_ column: Int32) throws(PostgresError) -> Value {
    guard let bytes = bytes(at: column) else {
      guard let null = Value.null else { throw failure(column, "is null") }
      return null
    }
    guard let value = bytes.withUnsafeBytes({ Value(columnText: $0) }) else {
      throw failure(column, "is no \(Value.self)")
    }
    return value
  }

  func failure(_ column: Int32, _ reason: String) -> PostgresError {
    .decoding(DecodingFailure(column: result.name(of: column), reason: reason))
  }

  private func column(_ name: String) throws(PostgresError) -> Int32 {
    guard let column = result.column(matching: name, from: 0, exactly: true) else {
      throw .decoding(DecodingFailure(column: name, reason: "is not in the result"))
    }
    return column
  }
}

/// The text of one column; keeps what it is part of alive.
package struct ColumnBytes {
  private let owner: AnyObject
  private let text: UnsafeRawBufferPointer

  init(result: QueryResult, text: UnsafeRawBufferPointer) {
    owner = result
    self.text = text
  }

  /// A copy of its own.
  init(copying bytes: [UInt8]) {
    let copy = OwnedBytes(bytes)
    owner = copy
    text = UnsafeRawBufferPointer(copy.buffer)
  }

  package var count: Int { text.count }

  package func withUnsafeBytes<Value, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    defer { withExtendedLifetime(owner) {} }
    return try body(text)
  }

  /// A copy.
  package var array: [UInt8] { withUnsafeBytes { Array($0) } }

  /// A copy.
  package var string: String { withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
}

private final class OwnedBytes {
  let buffer: UnsafeMutableRawBufferPointer

  init(_ bytes: [UInt8]) {
    buffer = .allocate(byteCount: bytes.count, alignment: 1)
    buffer.copyBytes(from: bytes)
  }

  deinit {
    buffer.deallocate()
  }
}

/// Owns a PGresult.
final class QueryResult {
  let pointer: OpaquePointer
  let rowCount: Int32
  let columnCount: Int32

  init(_ pointer: OpaquePointer) {
    self.pointer = pointer
    rowCount = PQntuples(pointer)
    columnCount = PQnfields(pointer)
  }

  deinit {
    PQclear(pointer)
  }

  func name(of column: Int32) -> String {
    PQfname(pointer, column).map { String(cString: $0) } ?? ""
  }

  /// The column called `name`, or unless `exactly` its snake_case form.
  ///
  /// - Parameter from: where to look first, since columns are mostly asked for in order.
  func column(matching name: String, from first: Int32, exactly: Bool) -> Int32? {
    for step in 0..<columnCount {
      let column = (first + step) % columnCount
      guard let candidate = PQfname(pointer, column) else { continue }
      if Self.isName(name, of: candidate, inSnakeCase: false)
        || !exactly && Self.isName(name, of: candidate, inSnakeCase: true)
      {
        return column
      }
    }
    return nil
  }

  /// - Parameter inSnakeCase: `avatar_url` is the snake_case of `avatarUrl`.
  private static func isName(
    _ name: String,
    of candidate: UnsafePointer<CChar>,
    inSnakeCase: Bool
  ) -> Bool {
    var next = candidate
    func takes(_ byte: UInt8) -> Bool {
      guard UInt8(bitPattern: next.pointee) == byte else { return false }
      next += 1
      return true
    }
    for byte in name.utf8 {
      let isUpper = inSnakeCase && (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
      guard isUpper ? takes(UInt8(ascii: "_")) && takes(byte | 0x20) : takes(byte) else {
        return false
      }
    }
    return next.pointee == 0
  }
}
