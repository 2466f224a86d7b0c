import Glibc
import HTTPClient
import JSON
import Loop
import Testing
import TestSupport

@testable import sandbox

@Suite("The mail server")
struct SMTPTests {
  private static let hello = "EHLO me\r\n"
  private static let envelope = "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n"

  /// The codes of the replies, without that of the greeting.
  private func codes(_ text: String) async throws -> [String] {
    try await TestSandbox.with { sandbox async throws in
      let lines = try await sandbox.talk(text + "QUIT\r\n")
      let codes = lines.filter { $0.dropFirst(3).first != "-" }.map { String($0.prefix(3)) }
      #expect(codes.first == "220")
      return Array(codes.dropFirst())
    }
  }

  @Test(
    "answers commands one after another",
    arguments: [
      ("", "221"), ("HELO me\r\n", "250 221"), ("EHLO me\r\n", "250 221"),
      ("ehlo me\r\nnoop\r\nNOOP x\r\nrset\r\n", "250 250 250 250 221"),
      ("EHLO\r\n", "501 221"), ("EHLO a b\r\n", "501 221"), ("VRFY ann\r\n", "252 221"),
      ("HELP\r\nEXPN x\r\nSTARTTLS\r\nAUTH PLAIN x\r\nBDAT 1\r\n", "502 502 502 502 502 221"),
      ("WHAT\r\n\r\n", "500 500 221"), ("EHLO me\nNOOP\n", "250 250 221"),
      ("NOOP \u{1}\r\n", "500 221"), ("MAIL FROM:<a@b>\r\n", "503 221"),
      (hello + "RCPT TO:<a@b>\r\n", "250 503 221"), (hello + "DATA\r\n", "250 503 221"),
      (hello + "MAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\n", "250 250 503 221"),
      (hello + "MAIL FROM:<a@b>\r\nDATA\r\n", "250 250 554 221"),
      (hello + envelope + "DATA x\r\n", "250 250 250 501 221"),
      (hello + envelope + "RSET\r\nDATA\r\n", "250 250 250 250 503 221"),
      (hello + envelope + "EHLO me\r\nDATA\r\n", "250 250 250 250 503 221"),
      (hello + envelope + "DATA\r\nHi\r\n.\r\nDATA\r\n", "250 250 250 354 250 503 221"),
    ]
  )
  func answers(text: String, expected: String) async throws {
    #expect(try await codes(text).joined(separator: " ") == expected)
  }

  @Test(
    "reads senders and recipients",
    arguments: [
      ("MAIL FROM:<>", "250"), ("MAIL FROM: <a@b>", "250"), ("mail from:<a@b> SIZE=5", "250"),
      ("MAIL FROM:<a@b> BODY=8BITMIME SMTPUTF8", "250"), ("MAIL FROM:<ü@b> SMTPUTF8", "250"),
      ("MAIL FROM:<ü@b>", "553"), ("MAIL FROM:<a@b> BODY=x", "501"), ("MAIL FROM:<a@b>x", "501"),
      ("MAIL FROM:<a@b> SIZE=x", "501"), ("MAIL FROM:<a@b> SIZE=99999999999", "552"),
      ("MAIL FROM:<a@b> AUTH=<>", "555"), ("MAIL FROM:a@b", "501"), ("MAIL a@b", "501"),
      ("MAIL FROM:<a>", "501"), ("MAIL FROM:<a b@c>", "501"), ("MAIL FROM:<a@b,c@d>", "501"),
      ("MAIL FROM:<a@b", "501"), ("MAIL FROM:<\"a>b\"@c>", "250"), ("MAIL FROM:<@x,@y:a@b>", "250"),
    ]
  )
  func readsPaths(line: String, expected: String) async throws {
    #expect(try await codes("\(Self.hello)\(line)\r\n") == ["250", expected, "221"])
  }

  @Test(
    "refuses recipients that are none",
    arguments: [
      ("<>", "501"), ("<a@b> NOTIFY=NEVER", "555"), ("<postmaster>", "250"), ("a@b", "501"),
    ]
  )
  func readsRecipients(path: String, expected: String) async throws {
    let text = "\(Self.hello)MAIL FROM:<a@b>\r\nRCPT TO:\(path)\r\n"
    #expect(try await codes(text) == ["250", "250", expected, "221"])
  }

  @Test("says what it can")
  func offers() async throws {
    try await TestSandbox.with { sandbox async throws in
      let lines = try await sandbox.talk("EHLO me\r\nQUIT\r\n")
      let offers = lines.filter { $0.hasPrefix("250") }.dropFirst().map { String($0.dropFirst(4)) }
      #expect(
        offers == ["PIPELINING", "SIZE 10485760", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
      )
    }
  }

  @Test("takes a message as it was meant: dots undone, ended by CR LF alone")
  func takesMessages() async throws {
    try await TestSandbox.with { sandbox async throws in
      let message = "Subject: x\r\n\r\n..one\r\n...\r\nbare\n.\nlf\r\n\r.\r\nend\r\n"
      let lines = try await sandbox.talk(
        "\(Self.hello)\(Self.envelope)DATA\r\n\(message).\r\nQUIT\r\n"
      )
      #expect(lines.suffix(2).map { String($0.prefix(3)) } == ["250", "221"])
      let source = try await sandbox.ask(.get, "/mail/1/source").text
      #expect(source == "Subject: x\r\n\r\n.one\r\n..\r\nbare\n.\nlf\r\n\r.\r\nend\r\n")
    }
  }

  @Test("hears the same, however it is cut into pieces")
  func isCut() async throws {
    let bytes = Array(
      "\(Self.hello)\(Self.envelope)DATA\r\nSubject: x\r\n\r\n..a\r\n.\r\nNOOP\r\nQUIT\r\n".utf8
    )
    for size in 1...bytes.count {
      let (output, messages) = try await onLoop {
        let receiver = Receiver()
        var session = SMTPSession(SMTPLimits())
        for start in stride(from: 0, to: bytes.count, by: size) {
          session.receive(bytes[start..<min(start + size, bytes.count)], receiver)
        }
        return (String(decoding: session.takeOutput(), as: UTF8.self), receiver.messages)
      }
      #expect(messages == ["Subject: x\r\n\r\n.a\r\n"])
      #expect(
        output.hasSuffix(
          "354 Go on\r\n250 2.0.0 Taken\r\n250 2.0.0 Nothing done\r\n221 2.0.0 Goodbye\r\n"
        )
      )
    }
  }

  @Test("keeps to its limits")
  func hasLimits() async throws {
    var limits = SMTPLimits()
    limits.message = 1000
    limits.line = 100
    limits.recipients = 2
    limits.mistakes = 3
    let long = String(repeating: "x", count: 2000)
    for (text, expected) in [
      (
        "\(Self.envelope)DATA\r\n\(String(repeating: "line\r\n", count: 500)).\r\nNOOP\r\n",
        "552 250"
      ),
      ("\(Self.envelope)DATA\r\n\(long)", "552"), ("NOOP \(long)", "500"),
      ("NOOP \(long)\r\n", "500"),
      ("\(Self.envelope)RCPT TO:<e@f>\r\nRCPT TO:<g@h>\r\nNOOP\r\n", "452 250"),
      ("X\r\nX\r\nX\r\nNOOP\r\n", "500 421"), ("MAIL FROM:<a@b> SIZE=1001\r\n", "552"),
    ] {
      let codes = try await onLoop { [limits] in
        let receiver = Receiver()
        var session = SMTPSession(limits)
        session.receive(Array((Self.hello + text).utf8), receiver)
        #expect(receiver.messages.isEmpty)
        let lines = String(decoding: session.takeOutput(), as: UTF8.self).split(separator: "\r\n")
        return lines.map { $0.prefix(3) }.joined(separator: " ")
      }
      #expect(codes.hasSuffix(expected), "\(text.prefix(60)): \(codes)")
    }
  }

  @Test(
    "drops clients that are slow, whatever they wait with",
    arguments: [
      "", "EHLO me", "EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nSubject: x\r\n",
    ]
  )
  func dropsSlow(text: String) async throws {
    var limits = SMTPLimits()
    limits.commandTime = .milliseconds(300)
    limits.messageTime = .milliseconds(300)
    let (address, listener) = try await onLoop { [limits] in
      let listener = try SMTPListener(on: Self.anywhere(), limits, Self.deaf())
      return (listener.address, listener)
    }
    let said = try await ProbePool.run {
      let client = try RawClient(address)
      client.send(text)
      let start = Instant.now
      // A byte now and then is no progress.
      while Instant.now - start < .seconds(15) {
        if client.isClosedByServer(within: 50) { return Instant.now - start }
        client.send("x")
      }
      return .seconds(60)
    }
    #expect((.milliseconds(200) ... .seconds(15)).contains(said))
    try await onLoop { listener.close() }
  }

  @Test("has so many connections and no more, and takes others again when one has gone")
  func boundsConnections() async throws {
    var limits = SMTPLimits()
    limits.connections = 2
    let (address, listener) = try await onLoop { [limits] in
      let listener = try SMTPListener(on: Self.anywhere(), limits, Self.deaf())
      return (listener.address, listener)
    }
    try await ProbePool.run {
      let first = try RawClient(address)
      #expect(first.read(until: "\r\n").hasPrefix("220"))
      var second: RawClient? = try RawClient(address)
      #expect(second?.read(until: "\r\n").hasPrefix("220") == true)
      let third = try RawClient(address)
      #expect(third.readAll().hasPrefix("421"))
      second = nil
      for _ in 0..<200 {
        let fourth = try RawClient(address)
        if fourth.read(until: "\r\n").hasPrefix("220") { return }
        // The server hears of the second's end a little later.
        usleep(10_000)
      }
      Issue.record("no place has become free")
    }
    try await onLoop { listener.close() }
  }

  @Loop
  private static func deaf() -> SMTPConnection.Receiver {
    SMTPConnection.Receiver(take: { _ in nil }, deliver: { _, _ in })
  }

  private static func anywhere() throws -> SocketAddress {
    try #require(SocketAddress("127.0.0.1:0"))
  }

  @Loop
  private final class Receiver: SMTPSession.Delegate {
    private(set) var messages: [String] = []

    func fault(among modes: Set<Fault.Mode>) -> Fault? { nil }

    func accept(_ message: [UInt8], _ envelope: SMTPSession.Envelope) {
      messages.append(String(decoding: message, as: UTF8.self))
    }
  }
}

/// Threads for clients that block.
enum ProbePool {
  private static let pool = WorkerPool(threads: 16, queue: 1000)

  static func run<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await pool.run(body)
  }
}
