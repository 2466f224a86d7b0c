import Glibc
import Loop
import Telemetry

/// Starts the processes of `services.conf`, keeps them running and replaces those that changed.
@Loop
final class Supervisor {
  private let file: String
  private let directory: String
  private let limits: Upstream.Limits
  private let forwarder: Forwarder
  private var services: [SupervisedService] = []
  private var children: [pid_t: Child] = [:]
  private var isStopping = false
  private var isReloading = false
  private var mustReloadAgain = false

  /// - Parameters:
  ///   - file: path of `services.conf`.
  ///   - directory: where the processes' sockets are made.
  ///   - limits: of each service.
  init(file: String, directory: String, limits: Upstream.Limits, forwarder: Forwarder) {
    self.file = file
    self.directory = directory
    self.limits = limits
    self.forwarder = forwarder
  }

  /// Starts everything; does not wait until it is ready.
  func start() throws {
    if mkdir(directory, 0o700) != 0, errno != EEXIST {
      throw SystemError(code: errno, call: "mkdir \(directory)")
    }
    services = try ServiceList.parse(Self.text(of: file)).map(makeService)
    installRoutes()
    for service in services { service.start() }
  }

  /// Reads `services.conf` again and carries its changes out one by one. What is wrong in it leaves
  /// all as it is.
  func reload() {
    mustReloadAgain = true
    guard !isReloading, !isStopping else { return }
    isReloading = true
    Loop.task { [self] in
      while mustReloadAgain, !isStopping {
        mustReloadAgain = false
        await reloadOnce()
      }
      isReloading = false
    }
  }

  private func reloadOnce() async {
    let entries: [ServiceEntry]
    do {
      entries = try ServiceList.parse(Self.text(of: file))
    } catch {
      Log.error("could not reload the services") { $0.add("error", error: error) }
      return
    }
    let removed = services.filter { service in !entries.contains { $0.name == service.entry.name } }
    services.removeAll { service in removed.contains { $0 === service } }
    for entry in entries {
      if let service = services.first(where: { $0.entry.name == entry.name }) {
        service.entry.mounts = entry.mounts
      } else {
        let service = makeService(entry)
        services.append(service)
        service.start()
      }
    }
    installRoutes()
    for service in removed { Loop.task { await service.retire() } }
    for entry in entries where !isStopping {
      if let service = services.first(where: { $0.entry.name == entry.name }) {
        await service.update(to: entry)
      }
    }
    Log.info("reloaded the services") { $0.add("services", services.count) }
  }

  /// Ends all processes, first gently.
  func stop(within limit: Duration) async {
    isStopping = true
    for service in services { service.stop() }
    let deadline = LoopTimer { [self] in killAll() }
    deadline.schedule(after: limit)
    for child in children.values { await child.hasEnded() }
    deadline.cancel()
  }

  func killAll() {
    for child in children.values { child.signal(SIGKILL) }
  }

  /// Takes note of the children that have ended (SIGCHLD).
  func reap() {
    for (process, end) in ChildProcess.reap() {
      children.removeValue(forKey: process)?.noteEnd(end)
    }
  }

  /// Starts a process of `service` that listens on sockets of its own.
  func spawn(_ program: Program, service: String, generation: Int) throws(SystemError) -> Child {
    let socket = "unix:\(directory)/\(service).\(generation)"
    let environment =
      program.environment + [
        "LISTEN=\(socket).sock", "METRICS_LISTEN=\(socket).metrics.sock",
      ]
    guard let address = SocketAddress("\(socket).sock"),
      let metricsAddress = SocketAddress("\(socket).metrics.sock")
    else { throw SystemError(code: ENAMETOOLONG, call: "\(socket).metrics.sock") }
    let child = Child(
      service: service,
      program: program,
      process: try ChildProcess.spawn(program.binary, environment: environment),
      generation: generation,
      address: address,
      metricsAddress: metricsAddress
    )
    children[child.process] = child
    return child
  }

  /// Where each service that runs serves its metrics.
  var metricsAddresses: [SocketAddress] {
    services.compactMap(\.metricsAddress)
  }

  func state(of upstream: Upstream) -> String? {
    services.first { $0.upstream === upstream }?.state.rawValue
  }

  private func makeService(_ entry: ServiceEntry) -> SupervisedService {
    SupervisedService(
      entry,
      upstream: Upstream(name: entry.name, limits: limits),
      supervisor: self
    )
  }

  private func installRoutes() {
    forwarder.install(services.map { ($0.upstream, $0.entry.mounts) })
  }

  private static func text(of path: String) throws(SystemError) -> String {
    String(decoding: try File.bytes(of: path), as: UTF8.self)
  }
}
