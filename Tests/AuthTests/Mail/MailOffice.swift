import Core
import Crypto
import HTTPClient
import JSON
import Loop
import Postgres
import Testing
import TestSupport

@testable import auth

/// An outbox in a database of a test's own, and a server that the test tells what to do.
struct MailOffice: Sendable {
  let database: Database
  let post: Post
  private let key: String
  private let server: TestDatabase
  private let mailers: Mailers

  /// Those that are to be stopped when the test ends.
  @Loop
  private final class Mailers {
    var all: [Mailer] = []
  }

  @Loop
  fileprivate init(_ server: TestDatabase, _ key: String) throws {
    self.server = server
    var settings = Database.Settings(url: server.url(user: "auth_admin"))
    settings.connections = 4
    database = try Database(settings)
    post = Post()
    self.key = key
    mailers = Mailers()
  }

  @Loop
  fileprivate func close() async {
    post.close()
    for mailer in mailers.all { await mailer.stop() }
    database.close()
  }

  /// Starts one, as a process of its own would.
  @Loop
  func mailer(_ rhythm: MailRhythm, signingKey: String? = nil) throws -> Mailer {
    let mailer = Mailer(
      database,
      try MailSeal(signingKey: signingKey ?? key),
      try MailTemplates(),
      from: MailAddress("noreply@app.example", name: "StreamVibe"),
      over: post,
      rhythm: rhythm
    )
    mailers.all.append(mailer)
    return mailer
  }
}

extension MailOffice {
  /// The statement that puts a mail down.
  func put(_ content: MailContent) throws -> SQL {
    try MailSeal(signingKey: key).queue(content)
  }

  func newKey() throws -> String { try #require(try SigningKey.generate().privateJWK()) }

  func recipients(_ count: Int) -> [String] { (1...count).map { "user\($0)@example.com" }.sorted() }

  /// The statement that puts the mail of that number down.
  func sql(_ number: Int) throws -> SQL {
    let content = MailContent(
      .confirmation,
      to: "user\(number)@example.com",
      confirmationURL: "https://api.example/verify?token=t0k3n",
      token: "123456",
      email: "user\(number)@example.com"
    )
    return try put(content)
  }

  /// Puts so many mails down, each in a transaction of its own.
  func queue(_ count: Int) async throws {
    for number in 1...count { try await run(sql(number)) }
  }

  func run(_ statements: SQL...) async throws {
    try await onLoop {
      _ = try await database.session(as: Identity()).run(statements, function: "test")
    }
  }

  @discardableResult
  func psql(_ sql: String) async throws -> String {
    try await server.psql(sql)
  }

  func value(_ sql: String) async throws -> String {
    String(try await psql(sql).split(separator: "\n").joined(separator: "\n"))
  }

  func waiting() async throws -> Int {
    Int(try await value("select count(*) from auth.outgoing_mail")) ?? -1
  }

  func waitUntilEmpty() async throws { try await waitUntil("true", is: 0) }

  /// Waits until there are so many mails for which `condition` holds.
  func waitUntil(_ condition: String, is count: Int) async throws {
    let start = Instant.now
    var found = ""
    while Instant.now - start < .seconds(20) {
      found = try await value("select count(*) from auth.outgoing_mail where \(condition)")
      if found == String(count) { return }
      try await Task.sleep(for: .milliseconds(20))
    }
    Issue.record("there are \(found) mails where \(condition), not \(count)")
  }
}

extension MailRhythm {
  /// Fast enough for a test; nobody's lease ends by itself.
  static let quick: MailRhythm = {
    var rhythm = MailRhythm()
    rhythm.poll = .milliseconds(50)
    rhythm.firstDelay = .milliseconds(20)
    rhythm.longestDelay = .milliseconds(50)
    return rhythm
  }()

  /// Nobody looks by himself.
  static let sleepy: MailRhythm = {
    var rhythm = quick
    rhythm.poll = .seconds(3600)
    return rhythm
  }()
}

/// Gives `body` an office and closes it afterwards.
func withOffice(_ body: @Sendable (MailOffice) async throws -> Void) async throws {
  let key = try #require(try SigningKey.generate().privateJWK())
  try await TestDatabase.with(TestServer.migrated) { server in
    let office = try await onLoop { try MailOffice(server, key) }
    do {
      try await body(office)
    } catch {
      await office.close()
      throw error
    }
    await office.close()
  }
}

/// The server: takes mail, slowly or not at all, as it is told.
@Loop
final class Post: MailTransport {
  /// What it was offered, and what it has taken.
  private(set) var tried: [SMTPMessage] = []
  private(set) var messages: [SMTPMessage] = []
  /// The most at a time.
  private(set) var most = 0
  private var underWay = 0
  private var delay: Duration = .zero
  private var failures: [MailError] = []
  /// Whether what hangs was taken before.
  private var hangs: [Bool] = []
  private var taking: (@Sendable () async -> Void)?
  private var isClosed = false

  nonisolated init() {}

  var recipients: [String] { messages.map(\.to.address).sorted() }

  func setDelay(_ delay: Duration) { self.delay = delay }
  func fail(_ times: Int, _ error: MailError) {
    failures = Array(repeating: error, count: times)
  }
  func hang(_ times: Int, afterTaking isTaken: Bool) {
    hangs = Array(repeating: isTaken, count: times)
  }
  func onTaking(_ action: @escaping @Sendable () async -> Void) { taking = action }
  /// Lets go what hangs.
  func close() { isClosed = true }

  func send(_ message: SMTPMessage) async throws(MailError) {
    tried.append(message)
    underWay += 1
    most = max(most, underWay)
    defer { underWay -= 1 }
    if delay > .zero { try? await Loop.sleep(for: delay) }
    if let isTaken = hangs.popLast() {
      if isTaken { messages.append(message) }
      while !isClosed { try? await Loop.sleep(for: .milliseconds(10)) }
      throw MailError(.timeout, host: "mail.example")
    }
    if let failure = failures.popLast() { throw failure }
    await taking?()
    messages.append(message)
  }
}
