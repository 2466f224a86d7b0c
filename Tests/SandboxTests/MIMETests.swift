import Loop
import Testing
import TestSupport

@testable import sandbox

@Suite("A message")
struct MIMETests {
  private func message(_ lines: String...) -> MIMEPart {
    MIMEPart(Array(lines.joined(separator: "\r\n").utf8))
  }

  @Test(
    "is read in every encoding of its body",
    arguments: [
      ("7bit", "utf-8", "Hello", "Hello"), ("8bit", "utf-8", "Grüße", "Grüße"),
      ("quoted-printable", "utf-8", "Gr=C3=BC=C3=9Fe =\r\nund=3D", "Grüße und="),
      ("Quoted-Printable", "iso-8859-1", "Gr=FC=DFe", "Grüße"),
      ("quoted-printable", "windows-1252", "=80 =93x=94", "€ “x”"),
      ("quoted-printable", "iso-8859-15", "=A4", "€"),
      ("quoted-printable", "utf-8", "a = b=", "a = b"),
      ("quoted-printable", "utf-8", "soft=  \r\nend", "softend"),
      ("base64", "utf-8", "R3LDvMOf\r\nZQ==", "Grüße"), ("BASE64", "utf-8", "SGVs bG8", "Hello"),
      ("base64", "utf-8", "SGVsbG8!?=", "Hello"), ("binary", "unknown-8bit", "ü", "ü"),
      ("quoted-printable", "utf-8", "=FF", "\u{FFFD}"),
    ]
  )
  func isDecoded(encoding: String, charset: String, body: String, expected: String) {
    let part = message(
      "Content-Type: text/plain; charset=\(charset)",
      "Content-Transfer-Encoding: \(encoding)",
      "",
      body
    )
    #expect(part.text("plain") == expected)
    #expect(part.text("html") == nil)
  }

  @Test("is found in parts within parts, and attachments are left aside")
  func isNested() {
    let part = message(
      "Content-Type: multipart/mixed; boundary=\"out er\"",
      "",
      "preamble",
      "--out er",
      "Content-Type: text/plain",
      "Content-Disposition: attachment; filename=a.txt",
      "",
      "attached",
      "--out er  ",
      "Content-Type: multipart/related; boundary=mid",
      "",
      "--mid",
      "Content-Type: multipart/alternative; type=\"a;b\"; boundary=in",
      "",
      "--in",
      "Content-Type: text/plain; charset=\"utf-8\"",
      "",
      "plain",
      "--inner is no boundary",
      "--in",
      "content-type: TEXT/HTML",
      "",
      "<p>html</p>",
      "--in--",
      "--mid--",
      "--out er--",
      "epilogue"
    )
    #expect(part.text("plain") == "plain\r\n--inner is no boundary")
    #expect(part.text("html") == "<p>html</p>")
  }

  @Test("is read although it is broken")
  func isBroken() {
    #expect(message("").text("plain") == "")
    #expect(message("no field", "", "body").text("plain") == "body")
    #expect(message("Content-Type: multipart/mixed", "", "body").text("plain") == nil)
    #expect(message("Content-Type: multipart/mixed; boundary=x", "", "body").text("plain") == nil)
    let open = message("Content-Type: multipart/mixed; boundary=x", "", "--x", "", "body")
    #expect(open.text("plain") == "body")
    let lines = MIMEPart(Array("Subject: a\n\tb\n\nbody\n".utf8))
    #expect(lines.fields["subject"] == "a b" && lines.text("plain") == "body\n")
    #expect(message("Content-Type: ;;=\";", "", "x").text("plain") == nil)
  }

  @Test("takes no longer because somebody wants it to")
  func isBounded() {
    let start = Instant.now
    let deep = String(
      repeating: "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n",
      count: 5000
    )
    _ = MIMEPart(Array(deep.utf8))
    let wide =
      "Content-Type: multipart/mixed; boundary=x\r\n\r\n"
      + String(repeating: "--x\r\n\r\na\r\n", count: 20_000)
    #expect(MIMEPart(Array(wide.utf8)).parts.count < 250)
    let fields = String(repeating: "X: y\r\n", count: 20_000)
    #expect(MIMEPart(Array(fields.utf8)).fields.all.count <= 500)
    #expect(Instant.now - start < .seconds(20))
  }

  @Test("opens sixteen parts within each other and no more")
  func boundsDepth() {
    for (depth, text) in [(1, "body\r\n"), (16, "body\r\n"), (17, nil), (40, nil)] {
      let heads = (1...depth).map {
        "Content-Type: multipart/mixed; boundary=x\($0)x\r\n\r\n--x\($0)x\r\n"
      }
      let nested = MIMEPart(Array((heads.joined() + "\r\nbody\r\n").utf8))
      #expect(nested.text("plain") == text, "\(depth)")
    }
  }

  @Test("opens two hundred parts in all, wherever they are")
  func boundsParts() {
    func count(_ part: MIMEPart) -> Int { part.parts.reduce(1) { $0 + count($1) } }
    let inner =
      "Content-Type: multipart/mixed; boundary=y\r\n\r\n"
      + String(repeating: "--y\r\n\r\na\r\n", count: 30)
    let outer =
      "Content-Type: multipart/mixed; boundary=x\r\n\r\n"
      + String(repeating: "--x\r\n\(inner)\r\n", count: 30)
    #expect(count(MIMEPart(Array(outer.utf8))) == 200)
  }

  @Test(
    "has words of other scripts in its fields",
    arguments: [
      ("plain", "plain"), ("=?utf-8?B?R3LDvMOfZQ==?=", "Grüße"),
      ("=?UTF-8?q?Gr=C3=BC=C3=9Fe_a?=", "Grüße a"),
      ("=?iso-8859-1?Q?Gr=FC=DFe?= und =?utf-8?B?bWVocg==?=", "Grüße und mehr"),
      ("=?utf-8?B?R3LD?= =?utf-8?B?vMOfZQ==?=", "Grüße"), ("=?utf-8*de?B?R3LDvA==?=", "Grü"),
      ("=?utf-8?Q?a?=\t=?utf-8?Q?b?= c", "ab c"), ("=?utf-8?X?a?=", "=?utf-8?X?a?="),
      ("=?utf-8?B?x", "=?utf-8?B?x"), ("=? =? ?=", "=? =? ?="),
      ("=?utf-8?Q?no end", "=?utf-8?Q?no end"),
      ("a =?utf-8?Q?b?=c", "a bc"), ("=?utf-8?Q??=", ""),
    ]
  )
  func hasWords(text: String, expected: String) {
    #expect(EncodedWords.decoded(text) == expected)
  }

  @Test(
    "leads somewhere",
    arguments: [
      ("see https://a.example/x?y=1&z=2.", "", ["https://a.example/x?y=1&z=2"]),
      (
        "<https://a.example/> (http://b.example/c)", "",
        ["https://a.example/", "http://b.example/c"]
      ),
      ("https:// nothing ftp://x", "", []), ("x:https://a.example/,", "", ["https://a.example/"]),
      ("", "<a href='https://a.example/?x=1&amp;y=2'>", ["https://a.example/?x=1&y=2"]),
      ("", "<a href=\"javascript:alert(1)\"><a href=\"mailto:a@b\"><a href=x>", []),
      ("https://a.example/", "<a href=\"https://a.example/\">", ["https://a.example/"]),
      ("", "<a href=\" https://a.example/&amp;lt; \">", ["https://a.example/&lt;"]),
    ] as [(String, String, [String])]
  )
  func leads(text: String, html: String, expected: [String]) {
    #expect(MailLinks.all(text: text, html: html) == expected)
  }
}
