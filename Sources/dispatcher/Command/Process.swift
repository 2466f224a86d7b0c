import Glibc
import HTTP
import Loop
import Telemetry

/// The running dispatcher.
@Loop
final class DispatcherProcess {
  private static let stopLimit = Duration.seconds(10)

  private let settings: Settings
  private let forwarder: Forwarder
  private let server: Server
  private let openAPI: OpenAPIFile?
  private var metricsServer: Server?
  private var supervisor: Supervisor?
  private var metricsAddresses: [SocketAddress] = []
  private var isStopping = false

  /// Opens the listener; takes requests from the loop's next turn on.
  init(_ settings: Settings) throws {
    self.settings = settings
    let health = HealthReport()
    openAPI = settings.openAPI.map { OpenAPIFile($0) }
    forwarder = Forwarder(
      limits: settings.forwarding,
      rewriter: RequestRewriter(
        trustedProxies: settings.trustedProxies,
        hops: settings.trustedHops,
        origins: settings.origins,
        key: settings.proxyKey
      ),
      origins: settings.origins,
      own: OwnAnswers(health: health, openAPI: openAPI)
    )
    server = try Server(on: settings.listen, handler: forwarder)
    health.upstreams = { [forwarder] in forwarder.upstreams }
    health.state = { [unowned self] in supervisor?.state(of: $0) ?? $0.availability.rawValue }
    Metrics.shared.service = "dispatcher"
    Metrics.shared.addProcessMetrics()
    Metrics.shared.gauge("dispatcher_connections_open", "Connections of clients.") { [server] in
      Double(server.connectionCount)
    }
    try startMetrics()
  }

  /// Begins to serve what the settings name.
  func start(supervises: Bool) throws {
    try Loop.handle([SIGTERM, SIGINT, SIGHUP, SIGCHLD]) { [self] in handle($0) }
    if supervises {
      let supervisor = Supervisor(
        file: settings.services ?? "",
        directory: settings.runDirectory,
        limits: settings.upstream,
        forwarder: forwarder
      )
      self.supervisor = supervisor
      try supervisor.start()
    } else {
      connectUpstreams()
    }
    if settings.proxyKey == nil {
      Log.warning("EDGE_PROXY_KEY is not set: services cannot know their clients' addresses")
    }
    Log.info("listening") {
      $0.add("address", server.address.description)
      $0.add("pid", getpid())
    }
  }

  private func connectUpstreams() {
    let workers = WorkerPool(threads: 1)
    forwarder.install(
      settings.upstreams.map { service in
        let book = AddressBook(service.address, workers: workers)
        let upstream = Upstream(name: service.entry.name, limits: settings.upstream, revival: book)
        book.begin(upstream)
        return (upstream, service.entry.mounts)
      }
    )
    metricsAddresses = settings.metricsUpstreams.compactMap { SocketAddress($0) }
  }

  private func startMetrics() throws {
    guard let address = settings.metricsListen else { return }
    let endpoint = MetricsEndpoint(forwarder) { [unowned self] in
      supervisor?.metricsAddresses ?? metricsAddresses
    }
    metricsServer = try Server(
      on: address,
      handler: AsyncHandler(
        refusal: { Response(status: $0.status) },
        respond: { await endpoint.respond(to: $0) }
      )
    )
  }

  private func handle(_ signal: Int32) {
    switch signal {
    case SIGCHLD: supervisor?.reap()
    case SIGHUP:
      openAPI?.reload()
      supervisor?.reload()
    default: stop()
    }
  }

  /// Lets what is under way finish, ends the services, ends. Asked twice, it does not wait.
  private func stop() {
    if isStopping {
      supervisor?.killAll()
      Loop.stop()
      return
    }
    isStopping = true
    Log.info("stopping")
    Loop.task { [self] in
      forwarder.closeTunnels()
      await server.drain(within: settings.drainTime)
      await supervisor?.stop(within: Self.stopLimit)
      Log.info("stopped")
      Loop.stop()
    }
  }
}
