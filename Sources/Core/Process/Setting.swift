/// A setting that a process reads from its environment; `--describe` lists those of each.
package struct Setting: Sendable {
  package let name: String
  /// What holds when it is not set; nil when nothing does.
  package let fallback: String?
  /// Whether what needs it can't work without it.
  package let isRequired: Bool
  package let isSecret: Bool
  package let purpose: String

  package init(
    _ name: String,
    default fallback: String? = nil,
    isRequired: Bool = false,
    isSecret: Bool = false,
    _ purpose: String
  ) {
    self.name = name
    self.fallback = fallback
    self.isRequired = isRequired
    self.isSecret = isSecret
    self.purpose = purpose
  }
}

extension Setting {
  package static let listen = Setting(
    "LISTEN",
    default: "127.0.0.1:8080",
    "where it listens: host:port or unix:/path"
  )
  package static let metricsListen = Setting(
    "METRICS_LISTEN",
    "where /metrics is answered: host:port or unix:/path"
  )
  package static let databaseURL = Setting(
    "DATABASE_URL",
    isRequired: true,
    isSecret: true,
    "a libpq string; several hosts are tried in turn"
  )
  package static let databasePrepared = Setting(
    "DATABASE_PREPARED",
    default: "on",
    "off behind a pooler in transaction mode, such as pgbouncer"
  )
  package static let databaseConnections = Setting(
    "DATABASE_CONNECTIONS",
    default: "2",
    "the most connections that a process opens"
  )
  package static let jwks = Setting(
    "JWT_JWKS",
    "the public keys that tokens are checked with, a JWK set (RFC 7517)"
  )
  package static let jwtSecret = Setting(
    "JWT_SECRET",
    isSecret: true,
    "the HS256 secret, where tokens are signed with one"
  )
  package static let jwtIssuer = Setting(
    "JWT_ISSUER",
    "the issuer of users' tokens; <API_EXTERNAL_URL>/auth/v1 when not set"
  )
  package static let externalURL = Setting(
    "API_EXTERNAL_URL",
    default: "http://127.0.0.1:54321",
    "the dispatcher as clients see it"
  )
  package static let appURL = Setting(
    "APP_BASE_URL",
    default: "http://127.0.0.1:3000",
    "the public site: profiles and content pages"
  )
  package static let siteURL = Setting(
    "SITE_URL",
    "where links lead that name no other place; APP_BASE_URL when not set"
  )
  package static let redirectURLs = Setting(
    "ADDITIONAL_REDIRECT_URLS",
    "where else links may lead, comma-separated; * stands for anything but . and /, ** for all"
  )
  package static let userLimit = Setting(
    "RATE_LIMIT_USER_PER_HOUR",
    default: "100",
    "requests an hour of one user, over all functions"
  )
  package static let visitorLimit = Setting(
    "RATE_LIMIT_ANON_PER_HOUR",
    default: "20",
    "requests an hour of one address that is not signed in"
  )
  package static let bodyLimit = Setting(
    "MAX_BODY_BYTES",
    default: "1048576",
    "the longest request body, where a function sets no other"
  )
  package static let trustedProxies = Setting(
    "TRUSTED_PROXIES",
    "addresses and networks whose X-Forwarded-For counts, comma-separated"
  )
  package static let proxyKey = Setting(
    "EDGE_PROXY_KEY",
    isSecret: true,
    "the key that the dispatcher signs clients' addresses with"
  )
  package static let sentryDSN = Setting(
    "SENTRY_DSN",
    isSecret: true,
    "where unexpected errors are reported"
  )
  package static let logLevel = Setting(
    "LOG_LEVEL",
    default: "info",
    "debug, info, warning or error"
  )

  /// What every process reads.
  static let process = [listen, metricsListen, sentryDSN, logLevel]
  /// What every process with a database reads.
  static let database = [databaseURL, databasePrepared, databaseConnections]
  /// What says where links may lead in the end.
  package static let redirects = [appURL, siteURL, redirectURLs]
  /// What every function reads.
  static let function =
    process + database + [
      jwks, jwtSecret, jwtIssuer, externalURL, userLimit, visitorLimit, bodyLimit, proxyKey,
    ]
}
