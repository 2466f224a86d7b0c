import Testing

@testable import HTTP

@Suite("A field's value")
struct FieldValueTests {
  @Test("is refused for one wrong byte, wherever it stands, and for no other", arguments: 0...255)
  func looksAtEachByte(byte: Int) {
    let byte = UInt8(byte)
    for length in [1, 7, 8, 9, 23] {
      for position in 0..<length {
        for filling in [UInt8(ascii: "a"), 0x20, 0x09, 0x7E, 0xFF] {
          var value = [UInt8](repeating: filling, count: length)
          value[position] = byte
          #expect(
            value.withUnsafeBytes { $0.isFieldValue } == ByteClass.fieldValue.contains(byte)
          )
        }
      }
    }
  }
}
