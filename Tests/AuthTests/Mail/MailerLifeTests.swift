import Core
import HTTPClient
import Loop
import Testing
import TestSupport

@testable import auth

@Suite("The life of a mailer")
struct MailerLifeTests {
  @Test("is finished when the process ends, and no other is begun")
  func isFinished() async throws {
    try await withOffice { office in
      await office.post.setDelay(.seconds(1))
      let mailer = try await office.mailer(MailRhythm.sleepy)
      try await office.queue(12)
      await mailer.wake()
      while await office.post.tried.count < 4 { try await Task.sleep(for: .milliseconds(5)) }
      await mailer.stop()
      #expect(await office.post.recipients.count == 4)
      #expect(try await office.waiting() == 8)
      await mailer.wake()
      try await Task.sleep(for: .milliseconds(1200))
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
      var rhythm = MailRhythm.quick
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
    // A beat or two may be lost, and the database slow to take one.
    #expect(rhythm.lease >= rhythm.heartbeat * 4)
    #expect(rhythm.lease <= .seconds(20))
  }
}
