/// Why something is mailed that proves whose an address is.
enum MailPurpose: Sendable {
  case signUp
  case invite
  case magicLink
  case recovery
  /// To the address that an account moves to.
  case newAddress
  /// To the address that an account moves from.
  case oldAddress
  case reauthentication

  var kind: MailContent.Kind {
    switch self {
    case .signUp: .confirmation
    case .invite: .invite
    case .magicLink: .magicLink
    case .recovery: .recovery
    case .newAddress, .oldAddress: .emailChange
    case .reauthentication: .reauthentication
    }
  }

  /// `auth.one_time_tokens.token_type`: what is mailed later puts what was mailed before out of use
  /// when they share one.
  var tokenType: String {
    switch self {
    case .signUp, .invite: "confirmation_token"
    case .magicLink, .recovery: "recovery_token"
    case .newAddress: "email_change_token_new"
    case .oldAddress: "email_change_token_current"
    case .reauthentication: "reauthentication_token"
    }
  }

  /// `type` in the link.
  var linkType: String {
    switch self {
    case .signUp: "signup"
    case .invite: "invite"
    case .magicLink: "magiclink"
    case .recovery: "recovery"
    case .newAddress, .oldAddress: "email_change"
    case .reauthentication: "reauthentication"
    }
  }

  /// What the log says of whoever has it mailed; nil when it says so of what that belongs to.
  var act: Act? {
    switch self {
    case .signUp: .confirmationRequested
    case .invite: .invited
    case .magicLink, .recovery: .recoveryRequested
    case .newAddress, .oldAddress: nil
    case .reauthentication: .reauthenticationRequested
    }
  }

  /// Mails with one name keep their distance from each other.
  var limitName: String { kind.rawValue }
}
