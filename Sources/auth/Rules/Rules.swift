import Core

/// What holds for accounts and sessions, as the deployer set it.
struct Rules: Sendable {
  let isOn: Bool
  let isEmailOn: Bool
  let mustConfirmEmail: Bool
  let isSignUpOpen: Bool
  let isAnonymousOn: Bool
  let isEmailChangeDouble: Bool
  let mustReauthenticate: Bool
  let isSessionSingle: Bool
  let passwords: PasswordRules
  /// Seconds, as all that follow.
  let tokenLifetime: Int
  let mailedLifetime: Int
  let reuseInterval: Int
  let sessionTimebox: Int?
  let sessionInactivity: Int?
  let codeLength: Int
  let answerFloor: Duration
  let requestLimit: Duration
  let redirects: Redirects
  /// The dispatcher as clients see it, without a slash at its end.
  let externalURL: String
  let issuer: String

  /// Wrong codes of a mailed token after which it is only good by its link.
  static let codeAttempts: Int32 = 10
  /// Seconds in which a sign-in has to be ended that a link was opened for.
  static let flowLifetime = 300

  /// - Throws: ``ConfigurationError`` when a setting can't be used.
  init(_ configuration: Configuration) throws {
    isOn = try configuration.flag(.authEnabled)
    isEmailOn = try configuration.flag(.emailEnabled)
    mustConfirmEmail = try configuration.flag(.emailConfirm)
    isSignUpOpen = try configuration.flag(.signUpEnabled)
    isAnonymousOn = try configuration.flag(.anonymousEnabled)
    isEmailChangeDouble = try configuration.flag(.secureEmailChange)
    mustReauthenticate = try configuration.flag(.reauthentication)
    isSessionSingle = try configuration.flag(.singleSession)
    passwords = PasswordRules(
      length: try configuration.number(.passwordLength, in: 1...72),
      characters: configuration[.passwordCharacters]?.split(separator: ":").map(String.init) ?? []
    )
    tokenLifetime = try configuration.number(.tokenLifetime, in: 30...604_800)
    mailedLifetime = try configuration.number(.mailedLifetime, in: 1...86_400)
    reuseInterval = try configuration.number(.reuseInterval, in: 0...3600)
    sessionTimebox = try Self.hours(configuration, .sessionTimebox)
    sessionInactivity = try Self.hours(configuration, .sessionInactivity)
    codeLength = try configuration.number(.codeLength, in: 6...10)
    answerFloor = .milliseconds(try configuration.number(.answerFloor, in: 0...5000))
    requestLimit = .seconds(try configuration.number(.requestLimit, in: 1...120))
    redirects = try Redirects(configuration)
    let external = configuration[.externalURL] ?? ""
    externalURL = external.hasSuffix("/") ? String(external.dropLast()) : external
    issuer = configuration.issuer
  }

  /// - Throws: ``AuthFailure`` with `email_provider_disabled` where mail addresses are no way in.
  func checkEmail(_ what: String = "logins") throws(AuthFailure) {
    guard isEmailOn else {
      throw AuthFailure(422, .emailProviderDisabled, "Email \(what) are disabled")
    }
  }

  private static func hours(_ configuration: Configuration, _ setting: Setting) throws -> Int? {
    guard configuration[setting] != nil else { return nil }
    return try configuration.number(setting, in: 1...87_600) * 3600
  }
}
