import FoundationEssentials
import Glibc
import Testing

@testable import Telemetry

@Suite("A log line")
struct LogTests {
  @Test("is one JSON object with its fields in order")
  func isJSON() throws {
    let log = try LogCapture()
    log.output.write(.warning, "slow \"statement\"") {
      $0.add("request_id", "abc")
      $0.add("absent", nil)
      $0.add("rows", -5)
      $0.add("largest", UInt64.max)
      $0.add("ratio", 0.25)
      $0.add("broken", Double.nan)
      $0.add("cached", false)
      $0.add("duration_ms", Duration.microseconds(1_002_003))
      $0.add("backwards_ms", Duration.seconds(-1))
      $0.add("error", error: CancellationError())
    }
    let text = String(decoding: log.bytes(), as: UTF8.self)
    let time = try #require(text.firstRange(of: "\",\"level\"")).lowerBound
    #expect(text.hasPrefix("{\"time\":\"2"))
    #expect(
      text[time...] == """
        ","level":"warning","service":"test","message":"slow \\"statement\\"","request_id":"abc",\
        "rows":-5,"largest":9223372036854775807,"ratio":0.25,"broken":null,"cached":false,\
        "duration_ms":1002.003,"backwards_ms":0.000,"error":"CancellationError()"}

        """
    )
  }

  @Test(
    "carries any text unchanged",
    arguments: [
      "", "plain", "\"", "\\", "a\"b\\c\nd\re\tf", "\u{0}\u{1}\u{1F}\u{7F}",
      "\u{80}\u{9B}31m\u{A0}",
      "é 漢字 🙂 \u{2028}\u{2029}", "ends with Â", "\u{C2}", "/</script>",
    ]
  )
  func escapes(text: String) throws {
    let log = try LogCapture()
    log.output.write(.info, text) { $0.add("field", text) }
    let line = try log.line()
    #expect(line["message"] == .text(text))
    #expect(line["field"] == .text(text))
  }

  @Test("shows no control character as it is")
  func hidesControls() throws {
    let log = try LogCapture()
    log.output.write(
      .info,
      String(String.UnicodeScalarView((0..<0xA0).compactMap(Unicode.Scalar.init)))
    )
    let text = String(decoding: log.bytes().dropLast(), as: UTF8.self)
    #expect(!text.unicodeScalars.contains { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) })
  }

  @Test(
    "replaces bytes that are not UTF-8",
    arguments: [
      ([0xFF], "\u{FFFD}"), ([0x61, 0xC3], "a\u{FFFD}"), ([0xC0, 0x80], "\u{FFFD}\u{FFFD}"),
      ([0xED, 0xA0, 0x80, 0x22], "\u{FFFD}\u{FFFD}\u{FFFD}\""), ([0xC3, 0xA9], "é"),
      ([0x22, 0x0A], "\"\n"),
    ] as [([UInt8], String)]
  )
  func repairs(bytes: [UInt8], expected: String) throws {
    let log = try LogCapture()
    log.output.write(.info, "") { line in
      bytes.withUnsafeBytes { line.add("path", bytes: $0) }
    }
    #expect(try log.line()["path"] == .text(expected))
  }

  @Test("hides secrets in its message and in its text fields")
  func redacts() throws {
    let log = try LogCapture()
    let path = Array("/x?access_token=abc".utf8)
    log.output.write(.info, "alice@example.com signed in") { line in
      line.add("url", "postgres://u:pw@db/x")
      path.withUnsafeBytes { line.add("path", bytes: $0) }
    }
    let line = try log.line()
    #expect(line["message"] == .text("[redacted] signed in"))
    #expect(line["url"] == .text("postgres://[redacted]@db/x"))
    #expect(line["path"] == .text("/x?access_token=[redacted]"))
  }

  @Test("cuts a long text between two characters, and never inside of a secret")
  func cuts() throws {
    let log = try LogCapture()
    let limit = LogLine.textLimit
    log.output.write(.info, "") {
      $0.add("long", String(repeating: "é", count: limit))
      $0.add("odd", "a" + String(repeating: "é", count: limit))
      $0.add("secret", String(repeating: "x", count: limit - 5) + " alice@example.com")
      $0.add("fits", String(repeating: "x", count: limit))
    }
    let line = try log.line()
    #expect(line["long"] == .text(String(repeating: "é", count: limit / 2) + "…"))
    #expect(line["odd"] == .text("a" + String(repeating: "é", count: limit / 2 - 1) + "…"))
    #expect(line["secret"] == .text(String(repeating: "x", count: limit - 5) + " [redacted]…"))
    #expect(line["fits"] == .text(String(repeating: "x", count: limit)))
  }

  @Test("is written from its level on", arguments: Log.Level.allCases)
  func obeysLevels(least: Log.Level) throws {
    let log = try LogCapture(level: least)
    for level in Log.Level.allCases {
      var wasAsked = false
      log.output.write(level, "\(level)") { _ in wasAsked = true }
      #expect(wasAsked == (level >= least))
      #expect(log.output.isWritten(level) == (level >= least))
    }
    let written = try log.lines().compactMap { $0["level"] }
    #expect(written == Log.Level.allCases.filter { $0 >= least }.map { .text("\($0)") })
  }

  @Test("may be written while another is being built")
  func nests() throws {
    let log = try LogCapture()
    log.output.write(.info, "outer") {
      log.output.write(.info, "inner")
      $0.add("done", true)
    }
    #expect(try log.lines().compactMap { $0["message"] } == [.text("inner"), .text("outer")])
  }

  @Test(
    "reads its level's name in any case",
    arguments: [("info", .info), ("ERROR", .error), ("Debug", .debug), ("trace", nil), ("", nil)]
      as [(String, Log.Level?)]
  )
  func readsLevels(name: String, expected: Log.Level?) {
    #expect(Log.Level(name) == expected)
  }

  @Test(
    "tells the time as RFC 3339 in UTC with milliseconds",
    arguments: [
      (0, 0, "1970-01-01T00:00:00.000Z"),
      (951_782_400, 999_999_999, "2000-02-29T00:00:00.999Z"),
      (1_709_251_199, 1_000_000, "2024-02-29T23:59:59.001Z"),
      (1_767_225_599, 50_000_000, "2025-12-31T23:59:59.050Z"),
      (4_102_444_800, 0, "2100-01-01T00:00:00.000Z"),
      (4_107_542_400, 0, "2100-03-01T00:00:00.000Z"),
    ]
  )
  func tellsTime(seconds: Int, nanoseconds: Int, expected: String) {
    var timestamp = Timestamp()
    for _ in 0..<2 {
      var bytes: [UInt8] = []
      timestamp.append(timespec(tv_sec: seconds, tv_nsec: nanoseconds), to: &bytes)
      #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }
    var bytes: [UInt8] = []
    timestamp.append(timespec(tv_sec: seconds + 1, tv_nsec: 0), to: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self) != expected)
  }
}
