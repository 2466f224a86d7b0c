import CCurl
import Glibc
import Loop
import Testing
import TestSupport

@testable import HTTPClient

@Suite("Sending a mail")
struct MailDeliveryTests {
  let server: MailServer

  init() async throws {
    server = try await MailServer.shared
  }

  private let account = "ann%40example.com:s3cr3t%20p%40ss%2F%C3%BC@"

  @Test(
    "says what the server said",
    arguments: [
      ("mail-550-5.7.1", .rejected, 550, "5.7.1"), ("mail-451-4.3.0", .deferred, 451, "4.3.0"),
      ("rcpt-550-5.1.1", .rejected, 550, "5.1.1"), ("rcpt-450-4.2.1", .deferred, 450, "4.2.1"),
      ("rcpt-553", .rejected, 553, nil), ("data-554-5.5.1", .rejected, 554, "5.5.1"),
      ("data-421-4.3.2", .deferred, 421, "4.3.2"), ("final-554-5.7.1", .rejected, 554, "5.7.1"),
      ("final-452-4.2.2", .deferred, 452, "4.2.2"), ("final-550-9.1.1", .rejected, 550, nil),
      ("rcpt-drop", .disconnected, nil, nil), ("data-drop", .disconnected, nil, nil),
      ("final-drop", .disconnected, nil, nil),
    ] as [(String, MailError.Kind, Int?, String?)]
  )
  func saysWhat(action: String, kind: MailError.Kind, status: Int?, enhanced: String?) async throws
  {
    let message = try SMTPMessage.sample(action)
    let error = try #require(try await server.send(message, to: server.url("plain")))
    #expect(error == MailError(kind, host: "127.0.0.1", status: status, enhancedStatus: enhanced))
    #expect(error.isPermanent == (kind == .rejected))
    // The server's own words name sender and recipient.
    #expect(!error.description.contains("@") && !error.description.contains("not now"))
  }

  @Test(
    "blames no mail for what a server says to everybody",
    arguments: [
      ("greets-421", .deferred), ("greets-554", .deferred), ("garbage", .disconnected),
      ("wants-login", .login), ("smtps-stranger", .tls), ("starttls-stranger", .tls),
      ("nowhere", .refused), ("endless", .invalidResponse),
    ] as [(String, MailError.Kind)]
  )
  func blamesNoMail(name: String, kind: MailError.Kind) async throws {
    var url = server.url(name)
    if name == "nowhere" { url = "smtp://127.0.0.1:1" }
    let error = try await server.send(.sample(), to: url)
    #expect(error?.kind == kind, "\(String(describing: error))")
    #expect(error?.isPermanent == false)
  }

  @Test("says that a name has no address")
  func findsNoAddress() async throws {
    let error = try await server.send(.sample(), to: "smtp://nowhere.invalid:25")
    #expect(error == MailError(.unresolvable, host: "nowhere.invalid"))
  }

  @Test(
    "uses TLS where it is offered, and SMTP of old where nothing is",
    arguments: [
      ("plain", false), ("old", false), ("starttls", true), ("smtps", true),
      ("starttls-refused", false),
    ]
  )
  func encrypts(name: String, isEncrypted: Bool) async throws {
    let message = try SMTPMessage.sample()
    #expect(try await server.send(message, to: server.url(name)) == nil)
    #expect(try server.arrived(message).is_tls == isEncrypted)
  }

  @Test("trusts a server by its own name and no other", arguments: ["starttls", "smtps"])
  func checksNames(name: String) async throws {
    let message = try SMTPMessage.sample()
    let error = try await server.send(message, to: server.url(name, host: "relay.localhost"))
    #expect(error?.kind == .tls && error?.isPermanent == false, "\(String(describing: error))")
    #expect(!server.said(by: message).contains { $0.hasPrefix("MAIL") })
  }

  @Test("signs in over TLS, and on this machine without", arguments: ["starttls", "smtps", "auth"])
  func signsIn(name: String) async throws {
    let message = try SMTPMessage.sample()
    #expect(try await server.send(message, to: server.url(name, account: account)) == nil)
    #expect(try server.arrived(message).user == "ann@example.com")
  }

  @Test(
    "says no password to another machine in the clear",
    arguments: [
      "auth", "starttls-refused", "starttls-stranger", "old",
    ]
  )
  func keepsPasswords(name: String) async throws {
    let message = try SMTPMessage.sample()
    // A name that is this machine's, but does not say so by its form.
    let url = server.url(name, account: account, host: "relay.localhost")
    let error = try await server.send(message, to: url)
    #expect(error?.kind == .tls || error?.kind == .deferred, "\(String(describing: error))")
    let said = server.said(by: message)
    #expect(said.contains { $0.hasPrefix("EHLO") })
    #expect(!said.contains { $0.hasPrefix("AUTH") || $0.hasPrefix("MAIL") }, "\(said)")
  }

  @Test("reaches a machine that is only named so, with TLS or without a password")
  func reachesOthers() async throws {
    let message = try SMTPMessage.sample()
    let url = server.url("plain", host: "relay.localhost")
    #expect(try await server.send(message, to: url) == nil)
    #expect(try server.arrived(message).to == ["ann@example.com"])
  }

  @Test("opens no way to another machine for a password in the clear")
  func opensNothing() {
    var address = curl_sockaddr()
    address.family = AF_INET
    address.socktype = Int32(SOCK_STREAM.rawValue)
    address.addrlen = 16
    withUnsafeMutableBytes(of: &address.addr) { bytes in
      for (index, byte) in [2, 0, 0, 25, 192, 0, 2, 1].enumerated() { bytes[index] = UInt8(byte) }
    }
    let closed = SMTPConversation([], onlyLoopback: true)
    #expect(closed.open(&address) == CURL_SOCKET_BAD)
    #expect(closed.wasForbidden)
    let open = SMTPConversation([], onlyLoopback: false)
    let descriptor = open.open(&address)
    #expect(descriptor >= 0 && !open.wasForbidden)
    #expect(open.close(descriptor) == 0)
  }

  @Test("is not done with a wrong password, nor is the mail to blame")
  func needsPassword() async throws {
    let url = server.url("starttls", account: "ann:s3cr3t@")
    let error = try #require(try await server.send(.sample(), to: url))
    #expect(error.kind == .login && !error.isPermanent)
    #expect(!error.description.contains("s3cr3t") && !error.description.contains("ann"))
  }

  @Test(
    "ends when its time is over, and holds nothing up meanwhile",
    arguments: [
      ("silent", "noreply"), ("plain", "rcpt-hang"), ("plain", "data-hang"),
      ("plain", "final-hang"),
      ("starttls-hangs", "noreply"),
    ]
  )
  func timesOut(name: String, action: String) async throws {
    let ticks = try await onLoop {
      Loop.task {
        var longest: Duration = .zero
        while !Task.isCancelled {
          let start = Instant.now
          try? await Loop.sleep(for: .milliseconds(5))
          longest = max(longest, Instant.now - start)
        }
        return longest
      }
    }
    let start = Instant.now
    let error = try await server.send(
      .sample(action),
      to: server.url(name),
      totalTime: .milliseconds(700),
      connectTime: .milliseconds(600)
    )
    #expect(error?.kind == .timeout, "\(String(describing: error))")
    #expect((.milliseconds(550) ... .seconds(5)).contains(Instant.now - start))
    ticks.cancel()
    #expect(await ticks.value < .milliseconds(400))
  }

  @Test("says goodbye, and doesn't wait for the answer")
  func leaves() async throws {
    let message = try SMTPMessage.sample("quit-hang")
    let start = Instant.now
    #expect(try await server.send(message, to: server.url("plain")) == nil)
    #expect(Instant.now - start < .seconds(5))
    for _ in 0..<250 where !server.said(by: message).contains("QUIT") {
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(server.said(by: message).last == "QUIT")
  }

  @Test("goes over no more connections than it was allowed")
  func isBounded() async throws {
    let url = server.url("plain")
    let target = try #require(SMTPServer(url))
    let messages = try (0..<8).map { _ in try SMTPMessage.sample() }
    let kinds = try await onLoop {
      let transport = SMTPTransport(to: target, connections: 4)
      let tasks = messages.map { message in
        Loop.task { () -> MailError.Kind? in
          do throws(MailError) {
            try await transport.send(message)
            return nil
          } catch {
            return error.kind
          }
        }
      }
      var kinds: [MailError.Kind?] = []
      for task in tasks { kinds.append(await task.value) }
      return kinds
    }
    #expect(kinds == Array(repeating: nil, count: 8))
  }

  @Test(
    "knows its server by a URL",
    arguments: [
      ("smtp://mail.example.com", "mail.example.com", nil, false, false),
      ("smtp://mail.example.com:587/", "mail.example.com", nil, false, false),
      ("smtp://u:p@mail.example.com:587", "mail.example.com", "u", false, true),
      ("smtps://u:p@mail.example.com", "mail.example.com", "u", true, true),
      ("smtp://127.0.0.1:54325", "127.0.0.1", nil, false, false),
      ("smtp://u:p@localhost:25", "localhost", "u", false, false),
      ("smtp://u:p@[::1]:25", "[::1]", "u", false, false),
      ("SMTP://u%3A:@Mail.example.com", "mail.example.com", "u:", false, true),
    ] as [(String, String, String?, Bool, Bool)]
  )
  func readsURLs(
    text: String,
    host: String,
    user: String?,
    isEncrypted: Bool,
    needsEncryption: Bool
  ) throws {
    let server = try #require(SMTPServer(text))
    #expect(server.host == host && server.user == user)
    #expect(server.isEncrypted == isEncrypted && server.needsEncryption == needsEncryption)
    #expect(!"\(server)".contains("p@") && !server.url.contains("u:"))
  }

  @Test(
    "takes nothing else for one",
    arguments: [
      "", "mail.example.com", "http://mail.example.com", "smtp://", "smtp://u@host",
      "smtp://:p@host",
      "smtp://a:b:c@host", "smtp://u:p%4@host", "smtp://u:%00@host", "smtp://u:%FF@host",
      "smtp://host/path", "smtp://host?x", "smtp://host:99999", "smtp://u:p@", "smtp://ho st",
      "smtp://u:%+1@host",
    ]
  )
  func refusesURLs(text: String) {
    #expect(SMTPServer(text) == nil)
  }
}
