import Postgres

/// What the log says that somebody did with an account (`auth.audit_log_entries`), in the words that
/// those who read such logs know. Sign-ins, refreshes and confirmations are noted by the functions
/// of the database that they are made of.
enum Act: String, Bindable {
  case signedUp = "user_signedup"
  case repeatedSignUp = "user_repeated_signup"
  case confirmationRequested = "user_confirmation_requested"
  case recoveryRequested = "user_recovery_requested"
  case reauthenticationRequested = "user_reauthenticate_requested"
  case passwordUpdated = "user_updated_password"
  case modified = "user_modified"
  case invited = "user_invited"
  case deleted = "user_deleted"
}

extension SQL {
  /// For the transaction of the act, while there is the account.
  static func note(_ act: Act, of account: UUID) -> SQL {
    let sql: SQL = "select auth.note(\(act), \(account))"
    return sql.named("note")
  }

  /// The same for what is done with a mail address.
  static func note(_ act: Act, byMailOf account: UUID) -> SQL {
    let sql: SQL = #"select auth.note(\#(act), \#(account), '{"provider": "email"}')"#
    return sql.named("note")
  }
}
