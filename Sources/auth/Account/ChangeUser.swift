import Glibc
import HTTP
import JSON
import Loop
import Postgres

/// Changes the password, the address or the metadata of who asks.
///
/// `PUT /user` with `{email, password, current_password, nonce, data}`
///
/// A new address counts when it is confirmed, and the old one has agreed where it has a say. A new
/// password ends the user's other sessions.
enum ChangeUser: Endpoint {
  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    let bearer = try await auth.bearer(of: ask)
    let fields = try await ask.fields()
    guard try fields.text("phone") == nil else {
      throw AuthFailure(400, .phoneProviderDisabled, "Unsupported phone provider")
    }
    guard try fields.object("app_metadata") == nil else {
      throw AuthFailure(403, .notAdmin, "Updating app_metadata requires admin privileges")
    }
    let session = auth.session(ask)
    guard let account = try await session.first(Account.read(bearer.user), as: Account.self) else {
      throw AuthFailure(403, .userNotFound, "User from sub claim in JWT does not exist")
    }
    let change = Change(
      account: account,
      bearer: bearer,
      password: try fields.text("password"),
      address: try newAddress(fields, of: account, auth.rules),
      data: try fields.object("data"),
      nonce: try fields.text("nonce"),
      challenge: try CodeChallenge(fields)
    )
    guard change.address != nil, auth.rules.mustConfirmEmail else {
      return try await make(change, fields, ask, auth)
    }
    // As for /resend: by the address that moves.
    let subject = account.address ?? account.id.description
    return try await auth.limits.countingMail(.newAddress, to: subject, of: ask) {
      try await make(change, fields, ask, auth)
    }
  }

  private static func make(
    _ change: Change,
    _ fields: Fields,
    _ ask: Ask,
    _ auth: Auth
  ) async throws -> Response {
    let id = change.account.id
    var statements = try await statements(for: change, fields, ask, auth)
    statements += [.note(.modified, of: id), Account.json(id)]
    let rows = try await auth.session(ask).run(statements, function: "change_user")
    return .uncached(try rows[rows.count - 1].json)
  }

  private struct Change {
    let account: Account
    let bearer: SignedIn
    let password: String?
    let address: String?
    let data: JSON?
    let nonce: String?
    let challenge: CodeChallenge?
  }

  /// Nil when the address is to stay.
  private static func newAddress(
    _ fields: Fields,
    of account: Account,
    _ rules: Rules
  ) throws(AuthFailure) -> String? {
    guard let email = try fields.text("email") else { return nil }
    try rules.checkEmail()
    let address = try EmailAddress.canonical(email)
    return address == account.address ? nil : address
  }

  private static func statements(
    for change: Change,
    _ fields: Fields,
    _ ask: Ask,
    _ auth: Auth
  ) async throws -> [SQL] {
    var statements: [SQL] = []
    if let password = change.password {
      guard change.account.address != nil || change.address != nil else {
        throw AuthFailure(
          422,
          .validationFailed,
          "Updating password of an anonymous user without an email or phone is not allowed"
        )
      }
      try auth.rules.passwords.check(password)
      let nonce = try await checkRight(to: change, fields, auth)
      if try await auth.hasher.matches(password, change.account.encryptedPassword) {
        throw AuthFailure(
          422,
          .samePassword,
          "New password should be different from the old password."
        )
      }
      // It counts once: it is used when nothing else is in the way.
      if let nonce { try await redeem(nonce, ask, auth) }
      let hash = try await auth.hasher.hash(password)
      statements.append(
        "select auth.set_password(\(change.account.id), \(hash), \(change.bearer.session))"
      )
      statements.append(.note(.passwordUpdated, of: change.account.id))
    }
    if let data = change.data {
      statements.append(
        "select auth.merge_metadata(\(change.account.id), \(json: data.bytes), null::jsonb)"
      )
    }
    if let address = change.address {
      statements += try await move(change, to: address, ask, auth)
    }
    return statements
  }

  /// What was mailed to change a password with.
  private struct Nonce {
    let digest: String
    let address: String
  }

  /// A new password may need the old one, and a mailed code when the sign-in is a day old.
  ///
  /// - Returns: the code that it needs, not yet looked at.
  private static func checkRight(
    to change: Change,
    _ fields: Fields,
    _ auth: Auth
  ) async throws -> Nonce? {
    if let current = try fields.text("current_password") {
      guard try await auth.hasher.matches(current, change.account.encryptedPassword) else {
        throw AuthFailure(400, .invalidCredentials, "The current password is not right")
      }
    }
    let day = 86_400
    let isFresh = change.bearer.since.map { Int(time(nil)) - $0.unixSeconds < day } ?? false
    // To nobody without an address can a code be mailed.
    guard auth.rules.mustReauthenticate, !isFresh, let address = change.account.address else {
      return nil
    }
    guard let nonce = change.nonce else {
      throw AuthFailure(
        400,
        .reauthenticationNeeded,
        "Password update requires reauthentication"
      )
    }
    let hash = try auth.keys.linkHash(of: nonce, to: address)
    return Nonce(digest: try Digest.hex(hash), address: address)
  }

  private static func redeem(_ nonce: Nonce, _ ask: Ask, _ auth: Auth) async throws {
    let sql: SQL = """
      select user_id
      from auth.redeem(
          '{reauthentication_token}', \([nonce.digest]), \(nonce.address),
          \(fragment: .seconds(auth.rules.mailedLifetime)), \(Rules.codeAttempts))
      """
    guard try await auth.session(ask).run(sql.named("redeem")).first != nil else {
      throw AuthFailure(422, .reauthenticationNotValid, "Nonce has expired or is invalid")
    }
  }

  private static func move(
    _ change: Change,
    to address: String,
    _ ask: Ask,
    _ auth: Auth
  ) async throws -> [SQL] {
    let account = change.account
    let session = auth.session(ask)
    guard try await session.first(Account.find(address), as: Account.self) == nil else {
      throw AuthFailure.addressTaken
    }
    guard auth.rules.mustConfirmEmail else {
      return ["select auth.set_email(\(account.id), \(address), true)"]
    }
    let mailings = try auth.changeMailings(of: account, to: address, change.challenge, ask)
    return [auth.plan(of: account, to: address)] + mailings.flatMap(\.statements)
  }
}
