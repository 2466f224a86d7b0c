import HTTPClient

/// Why an attempt to send a mail failed, in words that hold neither address nor secret.
enum MailFailure: Error, Sendable, CustomStringConvertible {
  case server(MailError)
  case unknownKind
  case sealed
  case recipient
  case other

  init(_ error: any Error) {
    self =
      switch error {
      case let failure as MailFailure: failure
      case let failure as MailError: .server(failure)
      default: .other
      }
  }

  /// Whether it would be the same another time.
  var isPermanent: Bool {
    switch self {
    case .server(let error): error.isPermanent
    case .recipient: true
    case .unknownKind, .sealed, .other: false
    }
  }

  /// For metrics: one of few words.
  var reason: String {
    switch self {
    case .server(let error): "\(error.kind)"
    case .unknownKind: "unknownKind"
    case .sealed: "sealed"
    case .recipient: "recipient"
    case .other: "other"
    }
  }

  var description: String {
    switch self {
    case .server(let error): error.description
    case .unknownKind: "mail of this kind is not known"
    case .sealed: "it was sealed with another key"
    case .recipient: "no mail can be sent to such an address"
    case .other: "it failed"
    }
  }
}
