package import Core
import Crypto
import HTTPClient
package import Loop
package import Postgres
import Telemetry

/// Sends what lies in the outbox, beside what else the process does.
///
/// Any number of processes may do it: a mail is one's for the time of a lease, which it renews as
/// long as it lives, and goes when the server has taken it. A process that is killed in between
/// leaves its mails to the others, who send it when the lease is over, perhaps for the second time.
@Loop
package final class Mailer {
  private let outbox: Outbox
  private let seal: MailSeal
  private let templates: MailTemplates
  private let sender: MailAddress?
  private let transport: (any MailTransport)?
  private let rhythm: MailRhythm
  private let metrics = MailMetrics()
  /// What is on its way, or not yet written down, by its id.
  private var held: [UUID: Outbox.Claim] = [:]
  private var isClaiming = false
  /// Something came while mails were being claimed.
  private var isWoken = false
  private var isStopped = false
  private lazy var polling = LoopTimer { [weak self] in self?.poll() }
  private lazy var surveying = LoopTimer { [weak self] in self?.survey() }
  private lazy var beating = LoopTimer { [weak self] in self?.keepHeld() }

  /// Begins to send. Without SMTP_URL mail waits for a process that has it.
  ///
  /// - Throws: `ConfigurationError` for settings that can't be used, ``MailTemplateError`` for
  ///   templates that can't.
  package convenience init(_ configuration: Configuration, _ database: Database) throws {
    var transport: (any MailTransport)?
    var sender: MailAddress?
    if let text = configuration[.smtpURL] {
      guard let server = SMTPServer(text) else {
        throw ConfigurationError("SMTP_URL must be smtp://host:port or smtps://host:port")
      }
      let local = server.isLoopback ? "noreply@localhost" : nil
      guard let address = configuration[.smtpFrom] ?? local else {
        throw ConfigurationError("SMTP_FROM is not set: the address that mail comes from")
      }
      sender = MailAddress(address, name: configuration[.smtpSenderName])
      guard sender != nil else { throw ConfigurationError("SMTP_FROM must be a mail address") }
      transport = SMTPTransport(to: server, connections: MailRhythm().width)
    } else {
      Log.warning("mail waits") { $0.add("reason", "SMTP_URL is not set") }
    }
    try self.init(
      database,
      MailSeal(configuration),
      MailTemplates(folder: configuration[.mailTemplates]),
      from: sender,
      over: transport
    )
  }

  init(
    _ database: Database,
    _ seal: MailSeal,
    _ templates: MailTemplates,
    from sender: MailAddress?,
    over transport: (any MailTransport)?,
    rhythm: MailRhythm = MailRhythm()
  ) {
    outbox = Outbox(database)
    self.seal = seal
    self.templates = templates
    self.sender = sender
    self.transport = transport
    self.rhythm = rhythm
    poll()
    survey()
  }

  /// Says that there may be something to send, after the commit that put it down.
  package func wake() {
    guard transport != nil, !isStopped else { return }
    isWoken = true
    guard !isClaiming else { return }
    isClaiming = true
    Loop.task { [self] in
      while isWoken, held.count < rhythm.width, !isStopped { await claim() }
      isClaiming = false
    }
  }

  /// Takes no more mail, and waits a little for what is on its way.
  package func stop() async {
    isStopped = true
    polling.cancel()
    surveying.cancel()
    let deadline = Instant.now + rhythm.patience
    while !held.isEmpty || isClaiming, Instant.now < deadline {
      try? await Loop.sleep(for: .milliseconds(20))
    }
    beating.cancel()
  }

  private func keepHeld() {
    guard !held.isEmpty else { return }
    beating.schedule(after: rhythm.heartbeat)
    Loop.task { [self] in
      // What can't be renewed now is renewed by the next beat, if that is in time.
      try? await outbox.keep(Array(held.values), for: rhythm.lease)
    }
  }

  private func poll() {
    wake()
    polling.schedule(after: rhythm.poll)
  }

  private func survey() {
    Loop.task { [weak self] in
      guard let self else { return }
      if let survey = try? await outbox.survey() { metrics.note(survey) }
      if !isStopped { surveying.schedule(after: rhythm.survey) }
    }
  }

  private func claim() async {
    isWoken = false
    let free = rhythm.width - held.count
    // A database that does not answer is asked again by the next poll.
    let claims = try? await outbox.claim(
      upTo: free,
      for: rhythm.lease,
      besides: Array(held.values)
    )
    guard let claims else { return }
    // There may be more.
    if claims.count == free { isWoken = true }
    for claim in claims {
      held[claim.id] = claim
      if !beating.isScheduled { beating.schedule(after: rhythm.heartbeat) }
      Loop.task { [self] in
        await send(claim)
        held[claim.id] = nil
        if isWoken { wake() }
      }
    }
  }

  // MARK: - One mail

  private func send(_ claim: Outbox.Claim) async {
    let start = Instant.now
    do {
      guard let transport else { return }
      try await transport.send(message(for: claim))
      metrics.duration.observe(Instant.now - start)
      metrics.sent[claim.kind].add()
      Log.info("a mail was sent") { line in
        claim.describe(in: &line)
        line.add("duration_ms", Instant.now - start)
      }
      await persistently { [outbox] in _ = try await outbox.settle(claim) }
    } catch {
      let failure = MailFailure(error)
      metrics.failures[failure.reason].add()
      if failure.isPermanent {
        giveUp(claim, because: failure)
        await persistently { [outbox] in
          _ = try await outbox.refuse(claim, because: failure.description)
        }
      } else {
        await putOff(claim, because: failure)
      }
    }
  }

  /// - Throws: ``MailFailure``.
  private func message(for claim: Outbox.Claim) throws -> SMTPMessage {
    // Another process may know what this one does not: a newer version, another key.
    guard let kind = MailContent.Kind(rawValue: claim.kind) else { throw MailFailure.unknownKind }
    guard let content = try? seal.open(claim.sealed, kind, to: claim.recipient) else {
      throw MailFailure.sealed
    }
    guard let sender, let recipient = MailAddress(claim.recipient) else {
      throw MailFailure.recipient
    }
    let text = templates.text(of: content)
    return SMTPMessage(
      from: sender,
      to: recipient,
      subject: text.subject,
      text: text.text,
      html: text.html,
      id: claim.id.description,
      date: claim.createdAt.unixSeconds
    )
  }

  private func putOff(_ claim: Outbox.Claim, because failure: MailFailure) async {
    let delay = rhythm.delay(after: claim.attempts)
    let fate = await persistently { [outbox] in
      try await outbox.retry(claim, after: delay, because: failure.description)
    }
    guard fate != .failed else { return giveUp(claim, because: failure) }
    Log.warning("a mail could not be sent") { line in
      claim.describe(in: &line)
      line.add("error", failure.description)
      line.add("retry_ms", delay)
    }
  }

  private func giveUp(_ claim: Outbox.Claim, because failure: MailFailure) {
    metrics.givenUp[claim.kind].add()
    Log.error("a mail was given up") { line in
      claim.describe(in: &line)
      line.add("error", failure.description)
    }
  }

  /// Writes down what became of a mail, also when its lease has ended meanwhile: a mail that was sent
  /// while the database was away, for everybody, is not sent again.
  @discardableResult
  private func persistently<Value: Sendable>(
    _ write: @Loop () async throws -> Value?
  ) async -> Value? {
    let end = Instant.now + rhythm.persistence
    var pause: Duration = .milliseconds(100)
    while true {
      do {
        return try await write()
      } catch {
        guard Instant.now + pause < end else { return nil }
        try? await Loop.sleep(for: pause)
        pause = min(pause * 2, .seconds(1))
      }
    }
  }
}
