import Core
import Loop
import Postgres

/// How often one client address may use an endpoint.
struct AddressLimit: Sendable {
  enum Size: Sendable {
    /// What guesses passwords, codes or addresses.
    case guarded
    /// Sign-ins and refreshes, which many behind one address do.
    case tokens
    /// Accounts without an address, which cost nothing to make.
    case anonymous
  }

  /// Each name is counted for itself.
  let name: String
  let size: Size

  static let signUp = AddressLimit(name: "signup", size: .guarded)
  static let recover = AddressLimit(name: "recover", size: .guarded)
  static let resend = AddressLimit(name: "resend", size: .guarded)
  static let otp = AddressLimit(name: "otp", size: .guarded)
  static let magicLink = AddressLimit(name: "magiclink", size: .guarded)
  static let user = AddressLimit(name: "user", size: .guarded)
  static let verify = AddressLimit(name: "verify", size: .guarded)
  static let token = AddressLimit(name: "token", size: .tokens)
  static let anonymous = AddressLimit(name: "anonymous", size: .anonymous)
}

/// Counts in PostgreSQL, exactly and over all processes.
@Loop
struct Limits {
  private let database: Database
  private let isOn: Bool
  private let sizes: [AddressLimit.Size: (requests: Int, seconds: Int)]
  private let mailGap: Int

  init(_ database: Database, _ configuration: Configuration) throws {
    self.database = database
    isOn = try configuration.flag(.rateLimits)
    sizes = [
      .guarded: (try configuration.number(.guardedLimit, in: 1...1_000_000), 300),
      .tokens: (try configuration.number(.tokenLimit, in: 1...1_000_000), 300),
      .anonymous: (try configuration.number(.anonymousLimit, in: 1...1_000_000), 3600),
    ]
    mailGap = try configuration.number(.mailGap, in: 0...86_400)
  }

  /// Counts a request against its address.
  ///
  /// - Throws: ``AuthFailure`` with `over_request_rate_limit`.
  func take(_ limit: AddressLimit, of ask: Ask) async throws {
    guard isOn, let (requests, seconds) = sizes[limit.size] else { return }
    let key = "auth:\(limit.name):\(ask.address.limitKey)"
    let wait = try await wait(for: key, requests, seconds, ask)
    guard wait == 0 else {
      var failure = AuthFailure(429, .overRequestRateLimit, "Request rate limit reached")
      failure.headers = [("retry-after", String(wait))]
      throw failure
    }
  }

  /// Counts a mail of a kind to somebody, who need not have an account: the answer must not tell.
  ///
  /// - Parameter subject: an address or an account's id; only a digest of it is kept.
  /// - Throws: ``AuthFailure`` with `over_email_send_rate_limit`.
  func takeMail(_ purpose: MailPurpose, to subject: String, of ask: Ask) async throws {
    guard mailGap > 0 else { return }
    let key = "auth:mail:\(purpose.limitName):\(try Digest.hex(subject))"
    let wait = try await wait(for: key, 1, mailGap, ask)
    guard wait == 0 else {
      let text = "For security purposes, you can only request this after \(wait) seconds."
      var failure = AuthFailure(429, .overMailRateLimit, text)
      failure.headers = [("retry-after", String(wait))]
      throw failure
    }
  }

  private struct Count: Decodable {
    var letIn: Int
    var resetSeconds: Int
  }

  /// Seconds until the key has room; 0 when it had, and this was counted.
  private func wait(
    for key: String,
    _ limit: Int,
    _ seconds: Int,
    _ ask: Ask
  ) async throws -> Int {
    let sql: SQL = """
      select let_in, reset_seconds
      from internal.take_rate_limits(
          \([key]), \(Int32(limit)), make_interval(secs => \(Double(seconds))))
      """
    // What only this process and its limits know is not left to a role that others become.
    let identity = Identity(requestID: ask.context.requestID, statementTimeout: .seconds(3))
    let count = try await database.session(as: identity)
      .one(sql.named("take_rate_limits"), as: Count.self)
    return count.letIn == 1 ? 0 : count.resetSeconds
  }
}
