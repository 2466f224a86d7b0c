import JSON

/// Reads CSV (RFC 4180) whose first line names the columns; `NULL` without quotes is null.
struct CSVReader {
  private let bytes: [UInt8]
  private var position = 0

  /// - Returns: an array of objects of texts.
  static func json(_ bytes: [UInt8]) throws(Refusal) -> [UInt8] {
    var reader = CSVReader(bytes: bytes)
    let names = try reader.line().map { $0 ?? "NULL" }
    guard !names.isEmpty else { throw .body("The CSV has no line of names") }
    var objects: [JSON] = []
    while reader.position < bytes.count {
      let fields = try reader.line()
      guard fields.count == names.count else {
        throw .body("All lines must have same number of fields")
      }
      objects.append(.object(zip(names, fields).map { JSON.Member($0, JSON($1)) }))
    }
    return JSON.array(objects).bytes
  }

  private mutating func line() throws(Refusal) -> [String?] {
    var fields: [String?] = []
    guard position < bytes.count else { return fields }
    while true {
      fields.append(try field())
      guard position < bytes.count else { return fields }
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: ","): continue
      case UInt8(ascii: "\r") where position < bytes.count && bytes[position] == 0x0A:
        position += 1
        return fields
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"): return fields
      default: throw .body("A field of the CSV goes on behind its quotes")
      }
    }
  }

  private mutating func field() throws(Refusal) -> String? {
    var field: [UInt8] = []
    guard position < bytes.count else { return "" }
    guard bytes[position] == UInt8(ascii: "\"") else {
      let start = position
      while position < bytes.count, !",\r\n".utf8.contains(bytes[position]) { position += 1 }
      let text = try text(bytes[start..<position])
      return text == "NULL" ? nil : text
    }
    position += 1
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      guard byte == UInt8(ascii: "\"") else {
        field.append(byte)
        continue
      }
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
        return try text(field[...])
      }
      field.append(byte)
      position += 1
    }
    throw .body("A quoted field of the CSV does not end")
  }

  private func text(_ bytes: ArraySlice<UInt8>) throws(Refusal) -> String {
    guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
      throw .body("The CSV is not UTF-8")
    }
    return text
  }
}
