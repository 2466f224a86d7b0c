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
