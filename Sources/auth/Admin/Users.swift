import HTTP
import JSON
import Loop
import Postgres

/// Makes an account as an admin says, without asking anybody.
///
/// `POST /admin/users`
enum CreateUser: Endpoint {
  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    try auth.bearers.admin(of: ask)
    var form = try UserForm(try await ask.fields(), rules: auth.rules.passwords)
    guard let email = form.email else {
      throw AuthFailure.invalid("Cannot create a user without either an email or phone")
    }
    try await form.hash(by: auth.hasher)
    var new = try NewAccount(
      email: email,
      password: form.passwordHash,
      data: form.userMetadata,
      isConfirmed: form.isEmailConfirmed ?? false
    )
    if let id = form.id { new.id = id }
    var statements = [new.creation]
    if let patch = form.appMetadata {
      statements.append(
        "select auth.merge_metadata(\(new.id), null::jsonb, \(json: patch.bytes))"
      )
    }
    statements += form.statements(for: new.id, current: nil)
    statements += [.note(.signedUp, byMailOf: new.id), Account.json(new.id)]
    guard let rows = try await auth.session(ask).create(statements) else {
      throw AuthFailure.addressTaken
    }
    return .uncached(try rows[rows.count - 1].json)
  }
}

/// `GET /admin/users/{id}`
enum ReadUser: Endpoint {
  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    try auth.bearers.admin(of: ask)
    let id = try ask.userID()
    guard let json = try await auth.session(ask, isReadOnly: true).bytes(Account.json(id)) else {
      throw Ask.unknownUser
    }
    return .uncached(json.array)
  }
}

/// Changes an account as an admin says.
///
/// `PUT /admin/users/{id}`
enum EditUser: Endpoint {
  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    try auth.bearers.admin(of: ask)
    let id = try ask.userID()
    var form = try UserForm(try await ask.fields(), rules: auth.rules.passwords)
    let session = auth.session(ask)
    guard let account = try await session.first(Account.read(id), as: Account.self) else {
      throw Ask.unknownUser
    }
    try await form.hash(by: auth.hasher)
    let statements =
      form.statements(for: id, current: account) + [.note(.modified, of: id), Account.json(id)]
    let rows = try await session.run(statements, function: "edit_user")
    return .uncached(try rows[rows.count - 1].json)
  }
}

/// Deletes an account with all that is its, or takes it out of use (`should_soft_delete`).
///
/// `DELETE /admin/users/{id}`
enum DeleteUser: Endpoint {
  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    try auth.bearers.admin(of: ask)
    let id = try ask.userID()
    let isSoft = try await ask.fields(mayLack: true).flag("should_soft_delete") ?? false
    let session = auth.session(ask)
    guard try await session.bytes(Account.json(id)) != nil else { throw Ask.unknownUser }
    let deletion: SQL =
      isSoft ? "select auth.retire_account(\(id))" : "delete from auth.users where id = \(id)"
    _ = try await session.run([.note(.deleted, of: id), deletion], function: "delete_user")
    return .nothingToTell
  }
}

/// The second factors of an account: those that were brought along, since none are set up here.
///
/// `GET /admin/users/{id}/factors`
enum ListFactors: Endpoint {
  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    try auth.bearers.admin(of: ask)
    let id = try ask.userID()
    let sql: SQL = "select auth.factors_json(u.id) from auth.users as u where u.id = \(id)"
    let json = try await auth.session(ask, isReadOnly: true).bytes(sql.named("list_factors"))
    guard let json else { throw Ask.unknownUser }
    return .uncached(json.array)
  }
}

extension Ask {
  static let unknownUser = AuthFailure(404, .userNotFound, "User not found")

  /// The account that the path names.
  func userID() throws(AuthFailure) -> UUID {
    guard let id = parameters.first.flatMap({ UUID($0) }) else {
      throw AuthFailure(404, .validationFailed, "user_id must be an UUID")
    }
    return id
  }
}

extension UserForm {
  /// Hashes the password, when there is one.
  @Loop
  mutating func hash(by hasher: PasswordHasher) async throws {
    if let password { passwordHash = try await hasher.hash(password) }
  }
}
