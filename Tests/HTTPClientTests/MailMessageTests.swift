import Testing

@testable import HTTPClient

@Suite("A mail")
struct MailMessageTests {
  let server: MailServer

  init() async throws {
    server = try await MailServer.shared
  }

  @Test("arrives with sender, recipient and both texts")
  func arrives() async throws {
    let message = try SMTPMessage.sample()
    #expect(try await server.send(message, to: server.url("plain")) == nil)
    let mail = try server.arrived(message)
    #expect(mail.from == message.from.address)
    #expect(mail.to == ["ann@example.com"])
    #expect(mail.text.withoutEnd == "Hello." && mail.html.withoutEnd == "<p>Hello.</p>")
    #expect(mail.last == "text/html" && mail.defects.isEmpty)
    #expect(mail.header("From") == "StreamVibe <\(message.from.address)>")
    #expect(mail.header("To") == "ann@example.com")
    #expect(mail.header("Subject") == "Hello")
    #expect(mail.header("Date") == "Tue, 24 Nov 2026 12:00:00 +0000")
    #expect(mail.header("Message-ID") == "<0190-abc@\(message.from.domain)>")
    #expect(mail.header("Auto-Submitted") == "auto-generated")
  }

  @Test(
    "arrives as it was written, whatever it says",
    arguments: [
      "", "\n", ".", ".\n..\n.\n", "a\n.\nb", "trailing blanks  \nand tab\t\n \n", "From me\n",
      "100 % = equal =20 =3D", String(repeating: "x", count: 5000),
      String(repeating: "word ", count: 2000), "grüße aus Köln 🎉\n",
      String(repeating: "長い文章です。", count: 500), "--=_0190-abc--\n--=_0190-abc\n",
      "<p>a & b</p>\u{1B}[31m\u{7F}", "tab\tin it", "\u{202E}right to left",
      String(repeating: "=", count: 76), String(repeating: "é", count: 77),
      String(repeating: "y", count: 75) + " \nz", "\n\n\nlast without end",
    ]
  )
  func keepsText(text: String) async throws {
    let message = try SMTPMessage.sample(text: text, html: text)
    #expect(try await server.send(message, to: server.url("plain")) == nil)
    let mail = try server.arrived(message)
    #expect(mail.text.withoutEnd == text.withoutEnd)
    #expect(mail.html.withoutEnd == text.withoutEnd)
    #expect(mail.longest <= 76 && mail.is_plain && mail.defects.isEmpty)
  }

  @Test("takes CR LF, LF and CR for the same", arguments: ["a\r\nb", "a\nb", "a\rb"])
  func normalisesLines(text: String) async throws {
    let message = try SMTPMessage.sample(text: text)
    #expect(try await server.send(message, to: server.url("plain")) == nil)
    #expect(try server.arrived(message).text.withoutEnd == "a\nb")
  }

  @Test(
    "keeps a subject and a name of any script and length",
    arguments: [
      "Grüße", "=?utf-8?B?eA==?=", "確認のお願い", String(repeating: "long ", count: 40) + "end",
      String(repeating: "ä", count: 300), "🎉 \"quoted\" \\ back", "plain, with; signs: <x@y>",
      String(repeating: "z", count: 2000), "👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦",
    ]
  )
  func keepsHeaders(text: String) async throws {
    let message = try SMTPMessage.sample(name: text, subject: text)
    #expect(try await server.send(message, to: server.url("plain")) == nil)
    let mail = try server.arrived(message)
    #expect(mail.header("Subject") == text)
    #expect(mail.name == text)
    #expect(mail.longest <= 76 && mail.is_plain && mail.defects.isEmpty)
  }

  @Test(
    "can't be given a header field by what is in one",
    arguments: [
      "a\r\nBcc: thief@example.com", "a\nBcc: thief@example.com", "a\rBcc: thief@example.com",
      "a\r\n\r\nBcc: thief@example.com", "ü\r\nBcc: thief@example.com", "a\u{0}\r\n Bcc: b",
      "a\u{85}Bcc: b", "a\u{2028}Bcc: b", "\r\nBcc: b", "a\r\n",
      String(repeating: "a", count: 80) + "\r\nBcc: b",
    ]
  )
  func resistsInjection(text: String) async throws {
    var message = try SMTPMessage.sample(name: text, subject: text)
    message.id = "x"
    let injected = SMTPMessage(
      from: message.from,
      to: message.to,
      subject: text,
      text: text,
      html: text,
      id: text,
      date: 0
    )
    #expect(try await server.send(injected, to: server.url("plain")) == nil)
    let mail = try server.arrived(injected)
    #expect(
      mail.headers.map { $0[0] } == [
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version",
        "Content-Type",
      ]
    )
    #expect(mail.to == ["ann@example.com"])
    #expect(server.said(by: injected).count { $0.hasPrefix("RCPT") } == 1)
    let subject = try #require(mail.header("Subject"))
    #expect(!subject.unicodeScalars.contains { $0.properties.generalCategory == .control })
  }

  @Test(
    "goes to no address that would be more than one",
    arguments: [
      "", "a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b c", "<a@b>", "a@b>", "a@b\r\nRCPT TO:<c@d>",
      "a@b\n", "\ra@b", "a\u{0}@b", "a@b, c@d", "a@b;c", "\"a\"@b", "a(b)@c", "a@[127.0.0.1]",
      ".a@b", "a.@b", "a..b@c", "a@.b", "a@b.", "a\u{2028}@b", "a\u{200B}@b",
      String(repeating: "a", count: 65) + "@b", "a@" + String(repeating: "b", count: 253),
    ]
  )
  func checksAddresses(text: String) {
    #expect(MailAddress(text) == nil)
  }

  @Test(
    "goes to any plain address",
    arguments: [
      "a@b", "ann.o'neil+tag=1@mail.example.com", "a_b-c@x-y.example", "müller@bücher.example",
      "用户@例え.jp", "!#$%&'*/?^`{|}~@example.com",
    ]
  )
  func takesAddresses(text: String) async throws {
    let message = try SMTPMessage.sample(to: text)
    #expect(try await server.send(message, to: server.url("plain")) == nil)
    #expect(try server.arrived(message).to == [text])
  }
}

extension String {
  /// Without the line's end that a mail adds to its last line.
  fileprivate var withoutEnd: String {
    hasSuffix("\n") ? String(dropLast()) : self
  }
}
