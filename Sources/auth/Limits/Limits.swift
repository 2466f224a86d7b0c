import Core
import Loop
import Postgres

/// Counts in PostgreSQL, exactly and over all processes.
@Loop
struct Limits {
  /// How often something may happen.
  private struct Size {
    let count: Int
    let seconds: Int
  }

  /// A call that is counted under a name.
  private struct Call {
    let key: String
    let size: Size
  }

  /// Wrong passwords of all addresses for one account, for each that one address has.
  private static let passwordSpread = 10
  /// Mails of a kind to somebody within the gap when several addresses ask for them, so that
  /// nobody keeps somebody else from theirs.
  private static let mailSpread = 3

  private let database: Database
  private let isOn: Bool
  private let sizes: [AddressLimit.Size: Size]
  private let passwords: Size
  private let mails: Size
  private let mailGap: Int

  init(_ database: Database, _ configuration: Configuration) throws {
    func count(_ setting: Setting) throws -> Int {
      try configuration.number(setting, in: 1...1_000_000)
    }
    self.database = database
    isOn = try configuration.flag(.rateLimits)
    sizes = [
      .guarded: Size(count: try count(.guardedLimit), seconds: 300),
      .tokens: Size(count: try count(.tokenLimit), seconds: 300),
      .anonymous: Size(count: try count(.anonymousLimit), seconds: 3600),
    ]
    passwords = Size(count: try count(.passwordLimit), seconds: 300)
    mails = Size(count: try count(.mailLimit), seconds: 3600)
    mailGap = try configuration.number(.mailGap, in: 0...86_400)
  }

  /// Counts a request against its address.
  ///
  /// - Throws: ``AuthFailure`` with `over_request_rate_limit`.
  func take(_ limit: AddressLimit, of ask: Ask) async throws {
    guard isOn, let size = sizes[limit.size] else { return }
    let key = "auth:\(limit.name):\(ask.address.limitKey)"
    let wait = try await take([Call(key: key, size: size)], ask)
    guard wait == 0 else { throw Self.tooOften(wait) }
  }

  // MARK: - Passwords

  /// Counts a wrong password for an account, which need not exist: the answer must not tell. One
  /// address is held up for itself, so that nobody locks the owner out, and all of them together,
  /// but for those at which the account is signed in.
  ///
  /// - Parameters:
  ///   - account: the address that is signed in with; only a digest of it is kept.
  ///   - isAtHome: whether the account is signed in at the address of who asks.
  ///   - body: false for a wrong password.
  /// - Throws: ``AuthFailure`` with `over_request_rate_limit`, before anything is compared.
  func countingFailures<Value: Sendable>(
    for account: String,
    of ask: Ask,
    isAtHome: () async throws -> Bool,
    _ body: () async throws -> Value
  ) async throws -> Value {
    guard isOn else { return try await body() }
    let key = "auth:password:\(try Digest.hex(account))"
    let own = Call(key: "\(key):\(ask.address.limitKey)", size: passwords)
    let spread = Size(count: passwords.count * Self.passwordSpread, seconds: passwords.seconds)
    let all = Call(key: key, size: spread)
    // Each is counted as wrong until it is known to be right: of many at once none gets past.
    var wait = try await take([own], ask)
    guard wait == 0 else { throw Self.tooOften(wait) }
    var taken = [own.key]
    wait = try await take([all], ask)
    if wait == 0 {
      taken.append(all.key)
    } else if try await !isAtHome() {
      await giveBack(taken, ask)
      throw Self.tooOften(wait)
    }
    do {
      let value = try await body()
      await giveBack(taken, ask)
      return value
    } catch {
      if !((error as? AuthFailure)?.code == .invalidCredentials) { await giveBack(taken, ask) }
      throw error
    }
  }

  // MARK: - Mails

  /// Counts a mail of a kind to somebody, who need not have an account: the answer must not tell.
  /// What fails is not counted.
  ///
  /// - Parameters:
  ///   - subject: an address or an account's id; only a digest of it is kept.
  ///   - body: has it mailed.
  /// - Throws: ``AuthFailure`` with `over_email_send_rate_limit`, before anything is done.
  func countingMail<Value: Sendable>(
    _ purpose: MailPurpose,
    to subject: String,
    of ask: Ask,
    _ body: () async throws -> Value
  ) async throws -> Value {
    var taken: [String] = []
    if mailGap > 0 {
      let key = "auth:mail:\(purpose.limitName):\(try Digest.hex(subject))"
      let calls = [
        Call(key: "\(key):\(ask.address.limitKey)", size: Size(count: 1, seconds: mailGap)),
        Call(key: key, size: Size(count: Self.mailSpread, seconds: mailGap)),
      ]
      let wait = try await take(calls, ask)
      guard wait == 0 else {
        let text = "For security purposes, you can only request this after \(wait) seconds."
        throw Self.tooMuchMail(text, wait)
      }
      taken += calls.map(\.key)
    }
    if isOn {
      let call = Call(key: "auth:mails:\(ask.address.limitKey)", size: mails)
      let wait = try await take([call], ask)
      guard wait == 0 else {
        await giveBack(taken, ask)
        throw Self.tooMuchMail("Email rate limit exceeded", wait)
      }
      taken.append(call.key)
    }
    do {
      return try await body()
    } catch {
      await giveBack(taken, ask)
      throw error
    }
  }

  // MARK: - Counting

  private static func tooOften(_ wait: Int) -> AuthFailure {
    var failure = AuthFailure(429, .overRequestRateLimit, "Request rate limit reached")
    failure.headers = [("retry-after", String(wait))]
    return failure
  }

  private static func tooMuchMail(_ message: String, _ wait: Int) -> AuthFailure {
    var failure = AuthFailure(429, .overMailRateLimit, message)
    failure.headers = [("retry-after", String(wait))]
    return failure
  }

  private struct Count: Decodable {
    var letIn: Int
    var resetSeconds: Int
  }

  /// Takes all of the calls or none: seconds until there is room; 0 when there was.
  private func take(_ calls: [Call], _ ask: Ask) async throws -> Int {
    var taken: [String] = []
    for call in calls {
      let seconds = Double(call.size.seconds)
      let sql: SQL = """
        select let_in, reset_seconds
        from internal.take_rate_limits(
            \([call.key]), \(Int32(call.size.count)), make_interval(secs => \(seconds)))
        """
      let count = try await session(ask).one(sql.named("take_rate_limits"), as: Count.self)
      guard count.letIn == 1 else {
        await giveBack(taken, ask)
        return count.resetSeconds
      }
      taken.append(call.key)
    }
    return 0
  }

  /// What can't be given back stays counted, until it is too old to.
  private func giveBack(_ keys: [String], _ ask: Ask) async {
    guard !keys.isEmpty else { return }
    let sql: SQL = "select internal.return_rate_limits(\(keys))"
    _ = try? await session(ask).run(sql.named("return_rate_limits"))
  }

  /// What only this process and its limits know is not left to a role that others become.
  private func session(_ ask: Ask) -> Session {
    database.session(
      as: Identity(requestID: ask.context.requestID, statementTimeout: .seconds(3))
    )
  }
}
