import Telemetry
import Testing

@testable import dispatcher

@Suite("A byte buffer")
struct ByteBufferTests {
  private static func text(_ buffer: ByteBuffer) -> String {
    String(decoding: buffer.bytes, as: UTF8.self)
  }

  @Test(
    "writes numbers as they are read",
    arguments: [0, 1, 9, 10, 11, 99, 100, 101, 999_999, 1_000_000, Int.max]
  )
  func writesNumbers(number: Int) {
    let buffer = ByteBuffer()
    buffer.append(decimal: number)
    #expect(Self.text(buffer) == String(number))
  }

  @Test(
    "writes chunks with their size before them",
    arguments: [1, 9, 10, 15, 16, 17, 255, 256, 4095, 4096, 65_535, 65_536, 1_048_576]
  )
  func writesChunks(size: Int) {
    let buffer = ByteBuffer(capacity: 1)
    let piece = [UInt8](repeating: UInt8(ascii: "x"), count: size)
    piece.withUnsafeBytes { buffer.append(chunk: $0) }
    let expected =
      "\(String(size, radix: 16))\r\n" + String(repeating: "x", count: size) + "\r\n"
    #expect(Self.text(buffer) == expected)
  }

  @Test("grows, keeps what it has, and is empty when it is used again")
  func isUsedAgain() {
    let buffer = ByteBuffer(capacity: 2)
    for _ in 0..<20_000 { buffer.append("ab") }
    #expect(Self.text(buffer) == String(repeating: "ab", count: 20_000))
    #expect(String(decoding: buffer.slice(3..<6), as: UTF8.self) == "bab")
    buffer.removeAll()
    #expect(buffer.isEmpty)
    buffer.append(UInt8(ascii: "c"))
    #expect(Self.text(buffer) == "c")
  }
}

@Suite("A request id")
struct RequestIdentityTests {
  private struct Counting: RandomNumberGenerator {
    var state: UInt64 = 1
    mutating func next() -> UInt64 {
      state += 1
      return state
    }
  }

  @Test("is 26 characters of lower-case base 32, and never the same twice")
  func isUnique() {
    var source = Counting()
    var identity = RequestIdentity(using: &source)
    var seen: Set<String> = []
    for _ in 0..<10_000 {
      let buffer = ByteBuffer()
      identity.append(to: buffer)
      #expect(RequestID.isSane(buffer.bytes))
      seen.insert(String(decoding: buffer.bytes, as: UTF8.self))
    }
    #expect(seen.count == 10_000)
    #expect(seen.allSatisfy { $0.wholeMatch(of: /[0-9a-v]{26}/) != nil })
  }

  @Test(
    "of a client is taken when it is harmless",
    arguments: [
      ("a", true), ("A-Z.a_z-09", true), (String(repeating: "x", count: 64), true), ("", false),
      (String(repeating: "x", count: 65), false), ("a b", false), ("a\"b", false), ("a\\b", false),
      ("a\u{7F}", false), ("é", false), ("a,b", false), ("a/b", false), ("{}", false),
    ]
  )
  func isChecked(id: String, isSane: Bool) {
    #expect(Array(id.utf8).withUnsafeBytes { RequestID.isSane($0) } == isSane)
  }
}

@Suite("The allowed origins")
struct AllowedOriginsTests {
  private static func fields(_ list: String, _ origin: String) -> String {
    let origins = AllowedOrigins(list)
    let position = Array(origin.utf8).withUnsafeBytes { origins.position(of: $0) }
    return String(decoding: origins.fields(for: position), as: UTF8.self)
  }

  @Test("are all when the list says so, and the answer is the same for each")
  func any() {
    for origin in ["https://a.example", "null", ""] {
      let fields = Self.fields("*", origin)
      #expect(fields.contains("Access-Control-Allow-Origin: *\r\n"))
      #expect(!fields.contains("Vary"))
    }
  }

  @Test(
    "are those of the list, to the letter",
    arguments: [
      ("https://a.example", true), ("https://b.example:8443", true), ("https://A.example", false),
      ("http://a.example", false), ("https://a.example.evil", false), ("https://a.example/", false),
      ("https://b.example", false), ("null", false), ("", false),
    ]
  )
  func listed(origin: String, isAllowed: Bool) {
    let fields = Self.fields("https://a.example, https://b.example:8443", origin)
    #expect(fields.contains("Access-Control-Allow-Origin: \(origin)\r\n") == isAllowed)
    #expect(fields.contains("Vary: Origin\r\n"))
  }

  @Test("never come with credentials")
  func noCredentials() {
    for list in ["*", "", "https://a.example", "*,https://a.example"] {
      #expect(!Self.fields(list, "https://a.example").lowercased().contains("credentials"))
    }
  }
}
