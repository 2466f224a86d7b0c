import Crypto

/// What a new password has to be.
struct PasswordRules: Sendable {
  /// The fewest characters, counted as Unicode scalars.
  let length: Int
  /// Of each set it needs one.
  let characters: [String]

  /// - Throws: ``AuthFailure`` with `weak_password`, or `validation_failed` where bcrypt would cut
  ///   the password in silence.
  func check(_ password: String) throws(AuthFailure) {
    guard password.utf8.count <= Bcrypt.passwordLimit else {
      throw .invalid("Password cannot be longer than \(Bcrypt.passwordLimit) characters")
    }
    if let weakness = weakness(of: password) {
      throw .weakPassword(weakness.message, reasons: weakness.reasons)
    }
  }

  /// What is wrong with a password that is in use; nil when nothing is.
  func weakness(of password: String) -> (message: String, reasons: [String])? {
    var messages: [String] = []
    var reasons: [String] = []
    if password.unicodeScalars.count < length {
      messages.append("Password should be at least \(length) characters.")
      reasons.append("length")
    }
    if characters.contains(where: { set in !password.contains(where: set.contains) }) {
      let sets = characters.joined(separator: ", ")
      messages.append("Password should contain at least one character of each: \(sets).")
      reasons.append("characters")
    }
    return messages.isEmpty ? nil : (messages.joined(separator: " "), reasons)
  }
}
