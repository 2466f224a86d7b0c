import Core
import Crypto
import HTTPClient
import JSON
import Loop
import Postgres
import Testing
import TestSupport

@testable import auth

@Suite("Mail in the outbox")
struct MailerTests {
  /// Fast enough for a test; nobody's lease ends by itself.
  private static let quick: MailRhythm = {
    var rhythm = MailRhythm()
    rhythm.poll = .milliseconds(50)
    rhythm.firstDelay = .milliseconds(20)
    rhythm.longestDelay = .milliseconds(50)
    return rhythm
  }()

  /// Nobody looks by himself.
  private static let sleepy: MailRhythm = {
    var rhythm = quick
    rhythm.poll = .seconds(3600)
    return rhythm
  }()

  @Test("leaves once it was put down and its mailer was woken, each once, and is gone")
  func leaves() async throws {
    try await withOffice { office in
      let mailer = try await office.mailer(Self.sleepy)
      try await office.queue(30)
      await mailer.wake()
      try await office.waitUntilEmpty()
      #expect(await office.post.recipients == office.recipients(30))
      let message = try #require(await office.post.messages.first)
      #expect(message.subject == "Confirm your e-mail address")
      #expect(message.text.contains("https://api.example/verify?token=t0k3n"))
      #expect(message.html.contains("123456"))
      #expect(message.from == MailAddress("noreply@app.example", name: "StreamVibe"))
    }
  }

  @Test("is found by a mailer that nobody has woken")
  func isFound() async throws {
    try await withOffice { office in
      _ = try await office.mailer(Self.quick)
      try await office.queue(3)
      try await office.waitUntilEmpty()
      #expect(await office.post.recipients == office.recipients(3))
    }
  }

  @Test("is not there when the change that caused it is not")
  func isRolledBack() async throws {
    try await withOffice { office in
      let statement = try office.sql(1)
      let failure = try await onLoop { () -> PostgresError? in
        do throws(PostgresError) {
          let session = office.database.session(as: Identity())
          try await session.run(statement, "select 1 / 0")
          return nil
        } catch {
          return error
        }
      }
      #expect(failure != nil)
      #expect(try await office.waiting() == 0)
    }
  }

  @Test("is sent by one of several mailers")
  func isShared() async throws {
    try await withOffice { office in
      await office.post.setDelay(.milliseconds(5))
      for _ in 0..<3 { _ = try await office.mailer(Self.quick) }
      try await office.queue(150)
      try await office.waitUntilEmpty()
      #expect(await office.post.recipients == office.recipients(150))
    }
  }

  @Test("goes in no greater number at a time than the mailer has places")
  func isBounded() async throws {
    try await withOffice { office in
      await office.post.setDelay(.milliseconds(10))
      let mailer = try await office.mailer(Self.sleepy)
      try await office.queue(40)
      for _ in 0..<20 { await mailer.wake() }
      try await office.waitUntilEmpty()
      #expect(await office.post.most == MailRhythm().width)
    }
  }

  @Test("is tried again when the server did not take it, under the same id")
  func isTriedAgain() async throws {
    try await withOffice { office in
      await office.post.fail(2, MailError(.deferred, host: "mail.example", status: 451))
      let mailer = try await office.mailer(Self.quick)
      try await office.queue(1)
      await mailer.wake()
      try await office.waitUntilEmpty()
      let ids = await office.post.tried.map(\.id)
      #expect(ids.count == 3 && Set(ids).count == 1)
      #expect(await office.post.recipients == office.recipients(1))
    }
  }

  @Test(
    "is tried again whatever failed that is not its fault",
    arguments: [
      .deferred, .login, .refused, .timeout, .tls, .disconnected, .unresolvable, .unavailable,
      .invalidResponse, .forbiddenAddress, .invalidURL,
    ] as [MailError.Kind]
  )
  func isNotToBlame(kind: MailError.Kind) async throws {
    try await withOffice { office in
      await office.post.fail(1, MailError(kind, host: "mail.example"))
      _ = try await office.mailer(Self.quick)
      try await office.queue(1)
      try await office.waitUntilEmpty()
      #expect(await office.post.recipients == office.recipients(1))
    }
  }

  @Test("is given up at once when the server refuses it for good, and says why")
  func isGivenUp() async throws {
    try await withOffice { office in
      let refusal = MailError(
        .rejected,
        host: "mail.example",
        status: 550,
        enhancedStatus: "5.1.1"
      )
      await office.post.fail(1000, refusal)
      _ = try await office.mailer(Self.quick)
      try await office.queue(1)
      try await office.waitUntil("failed_at is not null", is: 1)
      try await Task.sleep(for: .milliseconds(300))
      #expect(await office.post.tried.count == 1)
      let failure = try await office.value("select failure from auth.outgoing_mail")
      #expect(failure == "mail.example: the server refused the mail (550 5.1.1)")
    }
  }

  @Test("is given up when it could not be sent for a day")
  func isGivenUpAfterDay() async throws {
    try await withOffice { office in
      await office.post.fail(1000, MailError(.timeout, host: "mail.example"))
      try await office.queue(1)
      try await office.psql(
        """
        update auth.outgoing_mail
        set created_at = clock_timestamp() - interval '1 day' + interval '200 milliseconds'
        """
      )
      _ = try await office.mailer(Self.quick)
      try await office.waitUntil("failed_at is not null and failure like '%too long'", is: 1)
      let tries = await office.post.tried.count
      try await Task.sleep(for: .milliseconds(300))
      #expect(await office.post.tried.count == tries && tries > 0)
    }
  }

  @Test("is taken over when the process that had it is gone, before or after it was sent")
  func isTakenOver() async throws {
    for wasSent in [false, true] {
      try await withOffice { office in
        // A server that holds the mailer for ever is as good as a process that was killed.
        await office.post.hang(1, afterTaking: wasSent)
        var rhythm = Self.sleepy
        rhythm.lease = .seconds(1)
        let lost = try await office.mailer(rhythm)
        try await office.queue(1)
        await lost.wake()
        try await office.waitUntil("lease is not null", is: 1)
        _ = try await office.mailer(Self.quick)
        try await office.waitUntilEmpty()
        let recipients = await office.post.recipients
        #expect(Set(recipients) == Set(office.recipients(1)))
        #expect(recipients.count == (wasSent ? 2 : 1))
      }
    }
  }

  @Test("that was sent is not sent again because the database is away for a moment")
  func isSettledLater() async throws {
    try await withOffice { office in
      await office.post.onTaking {
        _ = try? await office.psql("alter table auth.outgoing_mail rename to away")
      }
      let mailer = try await office.mailer(Self.sleepy)
      try await office.queue(1)
      await mailer.wake()
      try await Task.sleep(for: .milliseconds(600))
      try await office.psql("alter table auth.away rename to outgoing_mail")
      try await office.waitUntilEmpty()
      #expect(await office.post.tried.count == 1)
    }
  }

  @Test("waits for a process that can read it")
  func waitsForKey() async throws {
    try await withOffice { office in
      let other = try await office.mailer(Self.quick, signingKey: office.newKey())
      try await office.queue(1)
      try await office.psql(
        """
        alter table auth.outgoing_mail drop constraint kinds_are_known;
        insert into auth.outgoing_mail (kind, recipient, sealed)
        values ('newsletter', 'ann@example.com', '')
        """
      )
      try await office.waitUntil("failure is not null", is: 2)
      #expect(await office.post.tried.isEmpty)
      let failures = try await office.value(
        "select string_agg(failure, '; ' order by kind) from auth.outgoing_mail"
      )
      #expect(failures == "it was sealed with another key; mail of this kind is not known")
      await other.stop()
      _ = try await office.mailer(Self.quick)
      try await office.waitUntil("kind = 'confirmation'", is: 0)
      #expect(await office.post.recipients == office.recipients(1))
    }
  }

  @Test("is given up when no mail can be sent to its address")
  func hasNoAddress() async throws {
    try await withOffice { office in
      let content = MailContent(.invite, to: "\"ann\"@example.com", token: "1")
      try await office.run(office.put(content))
      _ = try await office.mailer(Self.quick)
      try await office.waitUntil("failed_at is not null", is: 1)
      let failure = try await office.value("select failure from auth.outgoing_mail")
      #expect(failure == "no mail can be sent to such an address")
    }
  }

  @Test("is finished when the process ends, and no other is begun")
  func isFinished() async throws {
    try await withOffice { office in
      await office.post.setDelay(.milliseconds(300))
      let mailer = try await office.mailer(Self.quick)
      try await office.queue(12)
      await mailer.wake()
      while await office.post.tried.count < 4 { try await Task.sleep(for: .milliseconds(5)) }
      await mailer.stop()
      #expect(await office.post.recipients.count == 4)
      #expect(try await office.waiting() == 8)
      await mailer.wake()
      try await Task.sleep(for: .milliseconds(400))
      #expect(await office.post.tried.count == 4)
      #expect(
        try await office.value("select count(*) from auth.outgoing_mail where lease is not null")
          == "0"
      )
    }
  }

  @Test("holds up the end of the process for no longer than a little")
  func endsAnyway() async throws {
    try await withOffice { office in
      await office.post.hang(1, afterTaking: false)
      var rhythm = Self.quick
      rhythm.patience = .milliseconds(200)
      let mailer = try await office.mailer(rhythm)
      try await office.queue(1)
      try await office.waitUntil("lease is not null", is: 1)
      let start = Instant.now
      await mailer.stop()
      #expect((.milliseconds(190) ... .seconds(3)).contains(Instant.now - start))
    }
  }

  @Test("waits where there is no server for it")
  func waitsForServer() async throws {
    try await withOffice { office in
      let key = try office.newKey()
      let settings = ["JWT_SIGNING_KEY": key]
      let mailer = try await onLoop { try Mailer(Configuration(settings), office.database) }
      try await office.queue(1)
      await mailer.wake()
      try await Task.sleep(for: .milliseconds(200))
      #expect(try await office.value("select attempts from auth.outgoing_mail") == "0")
      await mailer.stop()
    }
  }

  @Test(
    "can't be sent with settings that make no sense",
    arguments: [
      (["SMTP_URL": "mail.example.com"], "SMTP_URL must be"),
      (["SMTP_URL": "smtp://mail.example.com"], "SMTP_FROM is not set"),
      (["SMTP_URL": "smtp://mail.example.com", "SMTP_FROM": "me"], "SMTP_FROM must be"),
      (["AUTH_TEMPLATES": "/nowhere"], "/nowhere"),
    ] as [([String: String], String)]
  )
  func needsSettings(settings: [String: String], problem: String) async throws {
    try await withOffice { office in
      var settings = settings
      settings["JWT_SIGNING_KEY"] = try office.newKey()
      let configuration = Configuration(settings)
      let failure = try await onLoop { () -> String in
        do {
          _ = try Mailer(configuration, office.database)
          return ""
        } catch {
          return "\(error)"
        }
      }
      #expect(failure.contains(problem), "\(failure)")
    }
  }

  @Test("waits longer each time, up to an hour, and never for the same time")
  func backsOff() {
    let rhythm = MailRhythm()
    let longest = (1...12).map { rhythm.delay(after: $0, chance: 0) }
    #expect(Array(longest.prefix(6)) == [5, 15, 45, 135, 405, 1215].map { Duration.seconds($0) })
    #expect(longest.dropFirst(6).allSatisfy { $0 == .seconds(3600) })
    #expect(rhythm.delay(after: 1_000_000, chance: 0) == .seconds(3600))
    #expect(rhythm.delay(after: 2, chance: 1) == .milliseconds(7500))
    #expect(Set((0..<20).map { _ in rhythm.delay(after: 3) }).count > 1)
    // Whoever has a mail may still be sending it until its lease ends.
    #expect(rhythm.lease > SMTPTransport.longestTime(for: .seconds(60)) + rhythm.patience)
  }
}
