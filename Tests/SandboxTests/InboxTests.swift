import HTTPClient
import JSON
import Loop
import Testing
import TestSupport

@testable import sandbox

@Suite("The inbox")
struct InboxTests {
  @Test("shows a mail that auth's client has sent")
  func shows() async throws {
    try await TestSandbox.with { sandbox async throws in
      let failure = try await sandbox.send(
        to: "Änn+x@example.com",
        subject: "Grüße 🎉",
        text: "Open https://api.example/verify?token=a&type=b. Or not.\n",
        html: "<a href=\"https://api.example/verify?token=a&amp;type=b\">Öffnen</a>"
      )
      #expect(failure == nil)
      let mail = try #require(try await sandbox.inbox().first)
      #expect(mail["from"] == "noreply@app.example")
      #expect(mail["to"]?.texts == ["Änn+x@example.com"])
      #expect(mail["subject"] == "Grüße 🎉")
      #expect(
        mail["text"]?.text?.hasPrefix("Open https://api.example/verify?token=a&type=b.") == true
      )
      #expect(mail["html"]?.text?.contains("Öffnen") == true)
      #expect(mail["links"]?.texts == ["https://api.example/verify?token=a&type=b"])
      #expect(mail["headers"]?["message-id"] == "<1@app.example>")
      #expect(mail["headers"]?["from"] == "\"StreamVibe\" <noreply@app.example>")
      let received = try #require(mail["received_at"]?.text)
      #expect(received.count == 24 && received.hasSuffix("Z") && received.hasPrefix("20"))
    }
  }

  @Test("shows what Python's library makes and its client sends, as it was")
  func showsOthers() async throws {
    let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    try await TestSandbox.with { sandbox async throws in
      try await ChildProcess.run([
        "python3", "-B", "/\(folder)/sandbox/smtplib_client.py", "\(sandbox.mailAddress)",
        "\(sandbox.address)",
      ])
    }
  }

  @Test("finds mail by its recipient, the newest first, and what has come since")
  func finds() async throws {
    try await TestSandbox.with { sandbox async throws in
      for (recipient, subject) in [
        ("ann@example.com", "1"), ("bob+x@example.com", "2"), ("Ann@Example.com", "3"),
      ] {
        #expect(try await sandbox.send(to: recipient, subject: subject) == nil)
      }
      func subjects(_ query: String) async throws -> [String] {
        try await sandbox.inbox(query).compactMap { $0["subject"]?.text }
      }
      #expect(try await subjects("") == ["3", "2", "1"])
      #expect(try await subjects("?to=ann@example.com") == ["3", "1"])
      #expect(try await subjects("?to=ANN%40example.com") == ["3", "1"])
      #expect(try await subjects("?to=bob+x@example.com") == ["2"])
      #expect(try await subjects("?to=bob%2Bx@example.com") == ["2"])
      #expect(try await subjects("?to=nobody@example.com") == [])
      #expect(try await subjects("?to=ann@example.com&after=1") == ["3"])
      #expect(try await subjects("?after=3") == [])
    }
  }

  @Test("is asked with and without the dispatcher's prefix")
  func isMounted() async throws {
    try await TestSandbox.with { sandbox async throws in
      #expect(try await sandbox.send(subject: "1") == nil)
      let plain = try await sandbox.ask(.get, "/inbox")
      let mounted = try await sandbox.ask(.get, "/sandbox/inbox")
      #expect(plain.status == 200 && plain.body == mounted.body)
      #expect(try await sandbox.ask(.get, "/sandboxinbox").status == 404)
      #expect(try await sandbox.ask(.get, "/sandbox").text.contains("href=\"/sandbox/mail/1\""))
      #expect(try await sandbox.ask(.get, "/").text.contains("href=\"/mail/1\""))
    }
  }

  @Test("can be waited at")
  func waits() async throws {
    try await TestSandbox.with { sandbox async throws in
      let start = Instant.now
      async let late = sandbox.inbox("?to=ann@example.com&wait=20")
      #expect(try await sandbox.send(to: "bob@example.com") == nil)
      try await Task.sleep(for: .milliseconds(200))
      #expect(try await sandbox.send(to: "ann@example.com") == nil)
      #expect(try await late.count == 1)
      #expect(Instant.now - start < .seconds(10))
      let second = Instant.now
      #expect(try await sandbox.inbox("?to=nobody@example.com&wait=1").isEmpty)
      #expect((.milliseconds(900) ... .seconds(8)).contains(Instant.now - second))
    }
  }

  @Test("is emptied, as a whole or for one recipient")
  func isEmptied() async throws {
    try await TestSandbox.with { sandbox async throws in
      for recipient in ["ann@example.com", "bob@example.com", "ann@example.com", "c@example.com"] {
        #expect(try await sandbox.send(to: recipient) == nil)
      }
      #expect(try await sandbox.ask(.delete, "/inbox?to=ANN@example.com").text == #"{"deleted":2}"#)
      #expect(
        try await sandbox.inbox().map { $0["to"]?.texts } == [
          ["c@example.com"], ["bob@example.com"],
        ]
      )
      #expect(try await sandbox.ask(.delete, "/inbox").text == #"{"deleted":2}"#)
      #expect(try await sandbox.inbox().isEmpty)
    }
  }

  @Test("holds so much and no more: the oldest makes room")
  func isBounded() async throws {
    let (ids, big) = try await onLoop {
      let inbox = Inbox(countLimit: 5, sizeLimit: 1000)
      let envelope = SMTPSession.Envelope(sender: "", recipients: ["ann@example.com"])
      for _ in 0..<8 { inbox.add([1, 2, 3], envelope) }
      let ids = inbox.mails(for: nil, after: nil).map(\.id)
      inbox.add([UInt8](repeating: 0x61, count: 990), envelope)
      inbox.add([UInt8](repeating: 0x61, count: 600), envelope)
      return (ids, inbox.mails(for: nil, after: nil).map(\.id))
    }
    #expect(ids == [8, 7, 6, 5, 4])
    #expect(big == [10])
  }

  @Test(
    "refuses what it does not understand",
    arguments: [
      (.post, "/inbox", 405), (.put, "/faults", 405), (.delete, "/", 405), (.get, "/nothing", 404),
      (.get, "/mail", 404), (.get, "/mail/99", 404), (.get, "/mail/x", 404),
      (.get, "/inbox?after=x", 400), (.get, "/inbox?wait=61", 400), (.get, "/inbox?wait=-1", 400),
    ] as [(ClientRequest.Method, String, Int)]
  )
  func refuses(method: ClientRequest.Method, path: String, status: Int) async throws {
    try await TestSandbox.with { sandbox async throws in
      let answer = try await sandbox.ask(method, path)
      #expect(answer.status == status)
      #expect(answer.json["error"]?.text?.isEmpty == false)
      #expect((status == 405) == (answer.headers["allow"] != nil))
    }
  }

  @Test("makes no markup of what a mail says, and lets its HTML do nothing")
  func isHarmless() async throws {
    try await TestSandbox.with { sandbox async throws in
      let evil = "<script>alert(1)</script>\"'&"
      #expect(try await sandbox.send(subject: evil, text: evil, html: evil) == nil)
      let raw = """
        EHLO me\r\nMAIL FROM:<\(#"<b>"a>b"@c"#.dropFirst(3))>\r\nRCPT TO:<\(#""<i>"@d"#)>\r\nDATA\r
        Subject: <b>\r\nX-<i>: <u>\r\n\r\nhttps://x.example/"onclick='alert(1)'<b>\r\n.\r\nQUIT\r\n
        """
      _ = try await sandbox.talk(raw)
      for path in ["/", "/mail/1", "/mail/2"] {
        let page = try await sandbox.ask(.get, path)
        #expect(page.status == 200)
        for markup in ["<script", "<b>", "<i>", "<u>", "'alert", "\"onclick"] {
          #expect(!page.text.contains(markup), "\(path) \(markup)")
        }
        let policy = try #require(page.headers["content-security-policy"])
        #expect(policy.contains("default-src 'none'") && !policy.contains("script-src"))
        #expect(!policy.contains("unsafe"))
        #expect(page.headers["x-content-type-options"] == "nosniff")
      }
      #expect(
        try await sandbox.ask(.get, "/mail/1").text.contains(
          "&lt;script&gt;alert(1)&lt;/script&gt;"
        )
      )
      #expect(
        try await sandbox.ask(.get, "/mail/1").text.contains("sandbox=\"\" src=\"/mail/1/html\"")
      )
      let frame = try await sandbox.ask(.get, "/mail/1/html")
      #expect(frame.text.contains(evil))
      let policy = try #require(frame.headers["content-security-policy"])
      #expect(policy.hasPrefix("sandbox; default-src 'none';") && !policy.contains("allow-"))
      let source = try await sandbox.ask(.get, "/mail/1/source")
      #expect(source.headers["content-type"] == "text/plain; charset=utf-8")
    }
  }
}
