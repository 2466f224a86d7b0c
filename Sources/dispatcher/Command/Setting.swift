import Glibc

/// One variable of the environment that the dispatcher reads: for reading it, and for `--describe`.
struct Setting: Sendable {
  let name: String
  var preset: String?
  var isSecret = false
  let purpose: String

  static let listen = Setting(
    name: "LISTEN",
    purpose: "Where clients connect: host:port or unix:/path. By default PORT on loopback."
  )
  static let port = Setting(
    name: "PORT",
    preset: "54321",
    purpose: "Port on 127.0.0.1 when LISTEN is not set."
  )
  static let metricsListen = Setting(
    name: "METRICS_LISTEN",
    purpose: "Where GET /metrics answers for all processes; nowhere when not set."
  )
  static let services = Setting(
    name: "SERVICES",
    purpose: "With --supervise: the file that lists the services to run."
  )
  static let runDirectory = Setting(
    name: "RUN_DIR",
    preset: ".run",
    purpose: "With --supervise: where the services' sockets are made."
  )
  static let upstreams = Setting(
    name: "UPSTREAMS",
    purpose: "Without --supervise: the services, as a comma list of name=address."
  )
  static let metricsUpstreams = Setting(
    name: "METRICS_UPSTREAMS",
    purpose:
      "Without --supervise: where the services serve their metrics, a comma list of addresses."
  )
  static let openAPI = Setting(
    name: "OPENAPI",
    purpose: "The file that /openapi.json serves."
  )
  static let proxyKey = Setting(
    name: "EDGE_PROXY_KEY",
    isSecret: true,
    purpose: "Signs the client's address for the services, which share it."
  )
  static let trustedProxies = Setting(
    name: "TRUSTED_PROXIES",
    preset: "",
    purpose: """
      Peers whose X-Forwarded-For is believed: a comma list of addresses and CIDR blocks, unix for \
      peers on a Unix socket.
      """
  )
  static let trustedHops = Setting(
    name: "TRUSTED_HOPS",
    preset: "1",
    purpose: "How many such proxies a request passes: the client is that many from the right."
  )
  static let origins = Setting(
    name: "CORS_ORIGINS",
    purpose: "Origins of web pages that may call, or *. By default any on loopback, else none."
  )
  static let bodyLimit = Setting(
    name: "MAX_BODY_BYTES",
    preset: "10485760",
    purpose: "The longest request body that is forwarded; a service may take less."
  )
  static let concurrency = Setting(
    name: "UPSTREAM_CONCURRENCY",
    preset: "64",
    purpose: "Requests that are under way at one service at a time; others wait shortly."
  )
  static let queue = Setting(
    name: "UPSTREAM_QUEUE",
    preset: "128",
    purpose: "Requests that wait for one service; beyond it 503."
  )
  static let timeLimit = Setting(
    name: "REQUEST_SECONDS",
    preset: "150",
    purpose: "The longest that a request may take; then 504."
  )
  static let drainTime = Setting(
    name: "DRAIN_SECONDS",
    preset: "10",
    purpose: "How long requests that are under way may take after SIGTERM."
  )
  static let logLevel = Setting(
    name: "LOG_LEVEL",
    preset: "info",
    purpose: "The least that is logged: debug, info (with the access log), warning or error."
  )

  static let all = [
    listen, port, metricsListen, services, runDirectory, upstreams, metricsUpstreams, openAPI,
    proxyKey, trustedProxies, trustedHops, origins, bodyLimit, concurrency, queue, timeLimit,
    drainTime, logLevel,
  ]

  /// What the environment says, or the preset. An empty value counts as none.
  var value: String? {
    guard let value = getenv(name), value.pointee != 0 else { return preset }
    return String(cString: value)
  }
}
