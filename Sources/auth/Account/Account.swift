import Core
import JSON
import Loop
import Postgres

/// An account as auth needs it to decide. Rows are also made by hand: all but the id may be null.
struct Account: MailedAccount, Decodable, Sendable {
  var id: UUID
  var email: String?
  var encryptedPassword: String?
  var isConfirmed: Bool
  var isBanned: Bool
  var isAnonymous: Bool
  /// The address that it is moving to.
  var emailChange: String?
  var userMetadata: String
  var appMetadata: String

  /// In lower case; nil when it has none.
  var address: String? { email.flatMap { $0.isEmpty ? nil : $0.lowercased() } }

  /// What templates call `.Data`.
  var data: JSON { (try? JSON(parsing: Array(userMetadata.utf8))) ?? .object([]) }

  /// The account of an address, which is given in lower case.
  static func find(_ email: String) -> SQL {
    let sql: SQL = "select \(fragment: columns) from auth.account_of(\(email)) as u"
    return sql.named("find_account")
  }

  static func read(_ id: UUID) -> SQL {
    let sql: SQL = """
      select \(fragment: columns) from auth.users as u where u.id = \(id) and u.deleted_at is null
      """
    return sql.named("read_account")
  }

  /// As clients see it, for the end of a transaction.
  static func json(_ id: UUID) -> SQL {
    let sql: SQL = "select auth.account_json(\(id)) as account"
    return sql.named("account_json")
  }

  private static let columns: SQL = """
    u.id, u.email, u.encrypted_password, u.email_confirmed_at is not null as is_confirmed,
    coalesce(u.banned_until > now(), false) as is_banned, u.is_anonymous, u.email_change,
    auth.json_object(u.raw_user_meta_data) as user_metadata,
    auth.json_object(u.raw_app_meta_data) as app_metadata
    """
}

/// What mail to somebody says of their account.
protocol MailedAccount {
  var id: UUID { get }
  /// What they told of themselves at sign-up.
  var data: JSON { get }
}

/// An account that is to be made.
struct NewAccount: MailedAccount, Sendable {
  var id: UUID
  /// Nil for somebody who stays anonymous.
  let email: String?
  /// bcrypt's; nil for an account that is only signed in to by mail.
  let password: String?
  let data: JSON
  var appMetadata: JSON
  let isConfirmed: Bool

  /// - Throws: `CryptoError` when there is no randomness.
  init(email: String?, password: String?, data: JSON?, isConfirmed: Bool) throws {
    id = try UUID.random()
    self.email = email
    self.password = password
    // As the database will keep it.
    self.data =
      if case .object(let members)? = data {
        .object(members.filter { $0.value != .null })
      } else {
        .object([])
      }
    self.isConfirmed = isConfirmed
    appMetadata = email == nil ? .object([]) : ["provider": "email", "providers": ["email"]]
  }

  var creation: SQL {
    let sql: SQL = """
      select auth.create_account(
          \(id), \(email), \(password), \(json: appMetadata.bytes), \(json: data.bytes),
          \(isConfirmed))
      """
    return sql.named("create_account")
  }
}

extension SQL {
  /// Somebody else comes with the address of an account that waits to be confirmed.
  static func contest(_ account: UUID) -> SQL {
    let sql: SQL = "select auth.contest_sign_up(\(account))"
    return sql.named("contest_sign_up")
  }

  /// Lays what is said of somebody over what the account says.
  static func data(_ data: JSON, of account: UUID) -> SQL {
    let sql: SQL = "select auth.merge_metadata(\(account), \(json: data.bytes), null::jsonb)"
    return sql.named("merge_metadata")
  }
}

extension Session {
  /// Runs statements that make an account as one transaction; the last gives the account as JSON.
  ///
  /// - Returns: nil when the address has an account by now.
  /// - Throws: ``AuthFailure`` when a trigger of the application refuses the account.
  func create(_ statements: [SQL]) async throws -> [Rows]? {
    do {
      return try await run(statements, function: "create_account")
    } catch {
      guard case .server(let refusal) = error, !refusal.isPassing else { throw error }
      if refusal.isAddressTaken { return nil }
      throw refusal.sqlstate.hasPrefix("PT") || refusal.isIDTaken
        ? error : AccountRefused(reason: refusal)
    }
  }
}

/// The database did not take a new account: mostly a trigger of the application's own.
struct AccountRefused: Error {
  let reason: ServerError
}

extension ServerError {
  /// Asked again in a moment, it may go well.
  var isPassing: Bool { ["55P03", "40001", "40P01", "57014", "53300", "57P01"].contains(sqlstate) }
}

extension Rows {
  /// The one column of the one row, JSON.
  var json: [UInt8] {
    get throws(PostgresError) {
      guard let bytes = first?.firstBytes else { throw .malformed("a statement gave no row") }
      return bytes.array
    }
  }
}
