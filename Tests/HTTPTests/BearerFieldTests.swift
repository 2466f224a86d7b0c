import HTTP
import Testing

@Suite("The value of an Authorization field")
struct BearerFieldTests {
  @Test(
    "holds a token behind Bearer, or none",
    arguments: [
      ("Bearer a.b.c", "a.b.c"), ("bearer a", "a"), ("BEARER    a", "a"), ("Bearer a=", "a="),
      ("", nil), ("Bearer", nil), ("Bearer ", nil), ("Bearer   ", nil), ("Basic YTpi", nil),
      ("Bearer a b", nil), ("Bearera", nil), ("Bearer\ta", nil), (" a", nil), ("a", nil),
    ] as [(String, String?)]
  )
  func holdsToken(_ field: String, _ token: String?) {
    let found = Array(field.utf8).withUnsafeBytes { bytes in
      bytes.bearerToken.map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(found == token)
  }
}
