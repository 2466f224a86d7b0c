@testable import HTTP

/// However the bytes of a head are split, it is read the same; and what is taken for a head holds
/// nothing that another reader could understand differently.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  guard let seed = bytes.first else { return 0 }
  let input = Array(bytes.dropFirst())
  let whole = read(input, step: input.count + 1)
  for step in [1, 2, 3 + Int(seed)] { precondition(read(input, step: step) == whole) }
  if case .head(let head) = whole { check(head, Array(input[..<head.length])) }
  return 0
}

enum Outcome: Equatable {
  case incomplete
  case refused
  case head(RequestHead)

  static func == (left: Outcome, right: Outcome) -> Bool {
    switch (left, right) {
    case (.incomplete, .incomplete), (.refused, .refused): true
    case (.head(let left), .head(let right)):
      left.length == right.length && left.method == right.method && left.target == right.target
        && left.path == right.path && left.query == right.query && left.framing == right.framing
        && left.keepsAlive == right.keepsAlive && left.fields.count == right.fields.count
        && zip(left.fields, right.fields).allSatisfy { $0.name == $1.name && $0.value == $1.value }
    default: false
    }
  }
}

func read(_ bytes: [UInt8], step: Int) -> Outcome {
  var parser = RequestParser(limits: Limits())
  var end = 0
  while end < bytes.count {
    end = min(bytes.count, end + step)
    do {
      let isComplete = try bytes[..<end].withUnsafeBytes { try parser.parse($0) }
      if isComplete { return .head(parser.head) }
    } catch {
      return .refused
    }
  }
  return .incomplete
}

/// Says again, in another way, what a head must be.
func check(_ head: RequestHead, _ bytes: [UInt8]) {
  precondition(bytes.suffix(4) == [13, 10, 13, 10])
  for (index, byte) in bytes.enumerated() {
    precondition(byte != 0)
    precondition((byte == 10) == (index > 0 && bytes[index - 1] == 13))
  }
  func text(_ range: ByteRange) -> [UInt8] { Array(bytes[Int(range.start)..<Int(range.end)]) }
  let names = head.fields.map { String(decoding: text($0.name), as: UTF8.self).lowercased() }
  let hosts = names.count { $0 == "host" }
  precondition(hosts == 1 || (hosts == 0 && head.minorVersion == 0))
  let lengths = names.count { $0 == "content-length" }
  let codings = names.count { $0 == "transfer-encoding" }
  precondition(lengths + codings <= 1)
  switch head.framing {
  case .none: precondition(lengths + codings == 0)
  case .length(let length): precondition(lengths == 1 && length >= 0)
  case .chunked: precondition(codings == 1 && head.minorVersion == 1)
  case .untilClose: preconditionFailure("a request's body does not end with its connection")
  }
  let path = text(head.path)
  precondition(path == [42] || path.first == 47)
  let segments = path.split(separator: 47).map { segment in
    String(decoding: segment, as: UTF8.self).lowercased().split(
      separator: "%2e",
      omittingEmptySubsequences: false
    ).joined(separator: ".")
  }
  precondition(!segments.contains(".") && !segments.contains(".."))
  precondition(path.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 35 && $0 != 92 && $0 != 63 })
}
