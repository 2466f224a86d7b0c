import Core

extension Setting {
  static let authEnabled = Setting("AUTH_ENABLED", default: "on", "whether anybody can sign in")
  static let emailEnabled = Setting(
    "AUTH_EMAIL_ENABLED",
    default: "on",
    "whether people sign up and in with mail addresses"
  )
  static let emailConfirm = Setting(
    "AUTH_EMAIL_CONFIRM",
    default: "on",
    "whether an address must be confirmed before its account can sign in"
  )
  static let signUpEnabled = Setting(
    "AUTH_SIGNUP_ENABLED",
    default: "on",
    "whether new accounts are made for whoever asks"
  )
  static let anonymousEnabled = Setting(
    "AUTH_ANONYMOUS_ENABLED",
    default: "off",
    "whether people can sign in without telling who they are"
  )
  static let passwordLength = Setting(
    "AUTH_PASSWORD_MIN_LENGTH",
    default: "8",
    "the fewest characters of a new password"
  )
  static let passwordCharacters = Setting(
    "AUTH_PASSWORD_CHARACTERS",
    "sets of characters, separated by colons, of each of which a new password needs one"
  )
  static let secureEmailChange = Setting(
    "AUTH_SECURE_EMAIL_CHANGE",
    default: "on",
    "whether the old address has to confirm a change too"
  )
  static let reauthentication = Setting(
    "AUTH_REAUTHENTICATION",
    default: "off",
    "whether a new password needs a mailed code when the sign-in is older than a day"
  )
  static let tokenLifetime = Setting(
    "JWT_EXPIRY",
    default: "3600",
    "seconds that an access token is good for"
  )
  static let mailedLifetime = Setting(
    "AUTH_OTP_EXPIRY",
    default: "3600",
    "seconds that a mailed link or code is good for"
  )
  static let codeLength = Setting("AUTH_OTP_LENGTH", default: "6", "digits of a mailed code")
  static let mailGap = Setting(
    "AUTH_MAIL_GAP_SECONDS",
    default: "60",
    "between two mails of a kind to one address; 0 for none"
  )
  static let reuseInterval = Setting(
    "AUTH_REFRESH_REUSE_SECONDS",
    default: "10",
    "for how long a refresh token that was replaced still gives the one that counts"
  )
  static let sessionTimebox = Setting(
    "AUTH_SESSION_HOURS",
    "how long a session lasts at most; without end when not set"
  )
  static let sessionInactivity = Setting(
    "AUTH_SESSION_INACTIVITY_HOURS",
    "how long a session lasts without a refresh; without end when not set"
  )
  static let singleSession = Setting(
    "AUTH_SINGLE_SESSION",
    default: "off",
    "whether signing in ends the user's other sessions"
  )
  static let rateLimits = Setting(
    "AUTH_RATE_LIMITS",
    default: "on",
    "whether the requests of an address are counted"
  )
  static let guardedLimit = Setting(
    "AUTH_RATE_LIMIT",
    default: "30",
    "requests in 5 minutes of one address to each of signup, recover, resend, otp, verify, user"
  )
  static let tokenLimit = Setting(
    "AUTH_RATE_LIMIT_TOKEN",
    default: "150",
    "sign-ins and refreshes in 5 minutes of one address"
  )
  static let anonymousLimit = Setting(
    "AUTH_RATE_LIMIT_ANONYMOUS",
    default: "30",
    "anonymous sign-ins an hour of one address"
  )
  static let passwordLimit = Setting(
    "AUTH_RATE_LIMIT_PASSWORD",
    default: "10",
    "wrong passwords in 5 minutes of one address for one account; ten times as many of all"
  )
  static let mailLimit = Setting(
    "AUTH_RATE_LIMIT_MAIL",
    default: "30",
    "mails an hour that one address may ask for"
  )
  static let answerFloor = Setting(
    "AUTH_ANSWER_FLOOR_MS",
    default: "250",
    "the least time of an answer that must not tell whether an address is known"
  )
  static let requestLimit = Setting(
    "AUTH_REQUEST_SECONDS",
    default: "10",
    "the longest that a request may take; then 504"
  )
  static let hashCost = Setting("AUTH_HASH_COST", default: "10", "bcrypt's cost, 4 to 16")
  static let hashThreads = Setting(
    "AUTH_HASH_THREADS",
    default: "2",
    "passwords that are hashed at once"
  )
  static let tokenKey = Setting(
    "AUTH_TOKEN_KEY",
    isSecret: true,
    "the key of refresh tokens and mailed codes; made of JWT_SIGNING_KEY when not set, so that a "
      + "new signing key signs everybody out"
  )

  /// What auth reads besides what every process does.
  static let auth =
    redirects + [
      MailSeal.signingKey, jwks, jwtSecret, jwtIssuer, externalURL, authEnabled, emailEnabled,
      emailConfirm, signUpEnabled, anonymousEnabled, passwordLength, passwordCharacters,
      secureEmailChange, reauthentication, tokenLifetime, mailedLifetime, codeLength, mailGap,
      reuseInterval, sessionTimebox, sessionInactivity, singleSession, rateLimits, guardedLimit,
      tokenLimit, anonymousLimit, passwordLimit, mailLimit, answerFloor, requestLimit, hashCost,
      hashThreads, tokenKey, proxyKey,
    ]
}
