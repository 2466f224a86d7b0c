import JSON

/// What a template can have filled in; the names are GoTrue's.
enum MailVariable: Sendable, Equatable {
  case confirmationURL
  case token
  case tokenHash
  case siteURL
  case email
  case newEmail
  case redirectTo
  /// A member of the account's metadata, or of an object in it.
  case data([String])

  /// - Parameter text: what stands between the braces.
  init?(_ text: Substring) {
    let words = text.split { $0 == " " || $0 == "\t" || $0.isNewline }
    guard words.count == 1, words[0].hasPrefix(".") else { return nil }
    let names = words[0].dropFirst().split(separator: ".", omittingEmptySubsequences: false)
      .map(String.init)
    switch names.first {
    case "Data":
      guard names.count > 1, !names.contains("") else { return nil }
      self = .data(Array(names.dropFirst()))
      return
    case "ConfirmationURL": self = .confirmationURL
    case "Token": self = .token
    case "TokenHash": self = .tokenHash
    case "SiteURL": self = .siteURL
    case "Email": self = .email
    case "NewEmail": self = .newEmail
    case "RedirectTo": self = .redirectTo
    default: return nil
    }
    guard names.count == 1 else { return nil }
  }

  /// Whether it is what the mail is sent for.
  var isKey: Bool { self == .confirmationURL || self == .token || self == .tokenHash }

  /// Empty for metadata that there is none of, and for what is no text, number or truth value.
  func value(in content: MailContent) -> String {
    switch self {
    case .confirmationURL: content.confirmationURL
    case .token: content.token
    case .tokenHash: content.tokenHash
    case .siteURL: content.siteURL
    case .email: content.email
    case .newEmail: content.newEmail
    case .redirectTo: content.redirectTo
    case .data(let path):
      switch path.reduce(content.data, { $0[$1] ?? .null }) {
      case .string(let text): text
      case .number(let digits): digits
      case .bool(let flag): flag ? "true" : "false"
      case .null, .array, .object: ""
      }
    }
  }
}
