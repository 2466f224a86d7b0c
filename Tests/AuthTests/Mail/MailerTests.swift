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
  @Test("leaves once it was put down and its mailer was woken, each once, and is gone")
  func leaves() async throws {
    try await withOffice { office in
      let mailer = try await office.mailer(MailRhythm.sleepy)
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
      _ = try await office.mailer(MailRhythm.quick)
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
      for _ in 0..<3 { _ = try await office.mailer(MailRhythm.quick) }
      try await office.queue(150)
      try await office.waitUntilEmpty()
      #expect(await office.post.recipients == office.recipients(150))
    }
  }

  @Test("goes in no greater number at a time than the mailer has places")
  func isBounded() async throws {
    try await withOffice { office in
      await office.post.setDelay(.milliseconds(10))
      let mailer = try await office.mailer(MailRhythm.sleepy)
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
      let mailer = try await office.mailer(MailRhythm.quick)
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
      _ = try await office.mailer(MailRhythm.quick)
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
      _ = try await office.mailer(MailRhythm.quick)
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
      _ = try await office.mailer(MailRhythm.quick)
      try await office.waitUntil("failure is not null", is: 1)
      try await office.psql(
        "update auth.outgoing_mail set created_at = clock_timestamp() - interval '1 day'"
      )
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
        // One that a server holds for ever and whose heart does not beat is as good as killed.
        await office.post.hang(1, afterTaking: wasSent)
        var rhythm = MailRhythm.sleepy
        rhythm.lease = .seconds(1)
        rhythm.heartbeat = .seconds(3600)
        let lost = try await office.mailer(rhythm)
        try await office.queue(1)
        await lost.wake()
        try await office.waitUntil("lease is not null", is: 1)
        _ = try await office.mailer(MailRhythm.quick)
        try await office.waitUntilEmpty()
        let recipients = await office.post.recipients
        #expect(Set(recipients) == Set(office.recipients(1)))
        #expect(recipients.count == (wasSent ? 2 : 1))
      }
    }
  }

  @Test("stays with whoever sends it, however many leases that takes")
  func isKept() async throws {
    try await withOffice { office in
      await office.post.setDelay(.seconds(6))
      var rhythm = MailRhythm.sleepy
      rhythm.lease = .seconds(2)
      rhythm.heartbeat = .milliseconds(200)
      let mailer = try await office.mailer(rhythm)
      try await office.queue(1)
      await mailer.wake()
      while await office.post.tried.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
      await office.post.setDelay(.zero)
      let other = try await office.mailer(MailRhythm.quick)
      try await office.waitUntilEmpty()
      #expect(await office.post.tried.count == 1)
      await other.stop()
    }
  }

  @Test("is not taken twice by one process, whose lease may have ended meanwhile")
  func isAtHand() async throws {
    try await withOffice { office in
      await office.post.setDelay(.seconds(2))
      var rhythm = MailRhythm.quick
      rhythm.lease = .milliseconds(100)
      rhythm.heartbeat = .seconds(3600)
      _ = try await office.mailer(rhythm)
      try await office.queue(1)
      try await office.waitUntilEmpty()
      #expect(await office.post.tried.count == 1)
    }
  }

  @Test("that was sent is not sent again because the database is away for a moment")
  func isSettledLater() async throws {
    try await withOffice { office in
      await office.post.onTaking {
        _ = try? await office.psql("alter table auth.outgoing_mail rename to away")
      }
      let mailer = try await office.mailer(MailRhythm.sleepy)
      try await office.queue(1)
      await mailer.wake()
      while try await office.value("select to_regclass('auth.away')").isEmpty {}
      try await Task.sleep(for: .milliseconds(600))
      try await office.psql("alter table auth.away rename to outgoing_mail")
      try await office.waitUntilEmpty()
      #expect(await office.post.tried.count == 1)
    }
  }

  @Test("waits for a process that can read it")
  func waitsForKey() async throws {
    try await withOffice { office in
      let other = try await office.mailer(MailRhythm.quick, signingKey: office.newKey())
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
      _ = try await office.mailer(MailRhythm.quick)
      try await office.waitUntil("kind = 'confirmation'", is: 0)
      #expect(await office.post.recipients == office.recipients(1))
    }
  }

  @Test("is given up when no mail can be sent to its address")
  func hasNoAddress() async throws {
    try await withOffice { office in
      let content = MailContent(.invite, to: "\"ann\"@example.com", token: "1")
      try await office.run(office.put(content))
      _ = try await office.mailer(MailRhythm.quick)
      try await office.waitUntil("failed_at is not null", is: 1)
      let failure = try await office.value("select failure from auth.outgoing_mail")
      #expect(failure == "no mail can be sent to such an address")
    }
  }
}
