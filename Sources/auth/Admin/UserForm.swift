import Glibc
import JSON
import Loop
import Postgres

/// What an admin says of an account, to make it or to change it.
struct UserForm: Sendable {
  let email: String?
  /// The password's hash, when there is to be a new one.
  var passwordHash: String?
  let password: String?
  /// Nil when nothing is said of it.
  let isEmailConfirmed: Bool?
  let userMetadata: JSON?
  let appMetadata: JSON?
  /// Nil when nothing is said of it, 0 when the ban is to end.
  let banSeconds: Int?
  let id: UUID?

  init(_ fields: Fields, rules: PasswordRules) throws {
    email = try fields.text("email").map(EmailAddress.canonical)
    password = try fields.text("password")
    passwordHash = try fields.text("password_hash")
    isEmailConfirmed = try fields.flag("email_confirm")
    userMetadata = try fields.object("user_metadata") ?? fields.object("data")
    appMetadata = try fields.object("app_metadata")
    banSeconds = try fields.text("ban_duration").map(Self.seconds)
    id = try fields.text("id").map(Self.uuid)
    guard try fields.text("phone") == nil else {
      throw AuthFailure(400, .phoneProviderDisabled, "Unsupported phone provider")
    }
    let role = try fields.text("role")
    guard role == nil || role == "authenticated" else {
      throw AuthFailure.invalid("The only role of users here is authenticated")
    }
    if let password { try rules.check(password) }
    if let passwordHash, !PasswordHasher.isSupported(passwordHash) {
      throw AuthFailure.invalid("Password hashes can be bcrypt's only")
    }
  }

  private static func uuid(_ text: String) throws(AuthFailure) -> UUID {
    guard let id = UUID(text) else { throw .invalid("id must be a UUID") }
    return id
  }

  /// A Go duration: `24h`, `1h30m`, `100ms`; or `none`.
  static func seconds(_ text: String) throws(AuthFailure) -> Int {
    if text == "none" { return 0 }
    let units = [("ms", 0.001), ("us", 0.000_001), ("ns", 0), ("h", 3600.0), ("m", 60), ("s", 1)]
    var total = 0.0
    var rest = text[...]
    while !rest.isEmpty {
      let number = rest.prefix { $0.isNumber || $0 == "." }
      rest = rest[number.endIndex...]
      guard let value = Double(number), let unit = units.first(where: { rest.hasPrefix($0.0) })
      else { throw .invalid("invalid format for ban duration: \(text.prefix(32))") }
      total += value * unit.1
      rest = rest.dropFirst(unit.0.count)
    }
    guard total > 0, total < 3e10 else {
      throw .invalid("invalid format for ban duration: \(text.prefix(32))")
    }
    return max(1, Int(total))
  }

  /// The statements that have an account be as this says. A password ends all sessions.
  ///
  /// - Parameter current: the account as it is; nil for one that is being made.
  func statements(for id: UUID, current: Account?) -> [SQL] {
    var statements: [SQL] = []
    if let current {
      if let email, email != current.address {
        let isConfirmed = isEmailConfirmed ?? current.isConfirmed
        statements.append("select auth.set_email(\(id), \(email), \(isConfirmed))")
      } else if isEmailConfirmed == true {
        statements.append("select auth.confirm_email(\(id))")
      }
      if let passwordHash {
        statements.append("select auth.set_password(\(id), \(passwordHash), null::uuid)")
      }
      if userMetadata != nil || appMetadata != nil {
        statements.append(
          """
          select auth.merge_metadata(
              \(id), \(json: userMetadata?.bytes), \(json: appMetadata?.bytes))
          """
        )
      }
    }
    if let banSeconds {
      statements.append(
        """
        update auth.users
        set
            banned_until = case
                when \(banSeconds) > 0 then now() + make_interval(secs => \(Double(banSeconds)))
            end,
            updated_at = now()
        where id = \(id)
        """
      )
    }
    return statements
  }
}
