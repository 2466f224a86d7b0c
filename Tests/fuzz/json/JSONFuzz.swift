@testable import JSON

/// What is read is written and read again as the same value, and what is written is no longer than
/// escapes can make it.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  guard let value = try? JSON(parsing: input) else { return 0 }
  let written = value.bytes
  guard let again = try? JSON(parsing: written) else {
    preconditionFailure("what was written can't be read")
  }
  precondition(again == value)
  precondition(again.bytes == written)
  return 0
}
