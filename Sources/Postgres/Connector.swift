import CPostgres
import Glibc
import Loop

/// Opens connections without ever blocking the loop: names are resolved on another thread, and each
/// address has a time limit of its own, so that a host that doesn't answer keeps nobody from the
/// next.
@Loop
final class Connector {
  /// Why there is no connection: libpq's words, for the log.
  struct Failure: Error {
    let reason: String
  }

  /// For what libpq and the resolver can only do blocking.
  static let workers = WorkerPool(threads: 2, queue: 64)

  private let string: ConnectionString
  private let defaults: [String: String]
  private let timeout: Duration
  private var current: Waiter?
  private var isCancelled = false

  init(_ settings: Database.Settings) throws(PostgresError) {
    string = try ConnectionString(settings.url)
    timeout = string.connectTimeout ?? settings.connectTimeout
    defaults = [
      "fallback_application_name": settings.applicationName,
      // Kerberos costs milliseconds and is asked for by whoever has it.
      "gssencmode": "disable",
      "keepalives_idle": "30",
      "keepalives_interval": "5",
      "keepalives_count": "3",
      "tcp_user_timeout": "15000",
    ]
  }

  /// The first host that takes the connection and is what `target_session_attrs` wants.
  func connect() async throws(Failure) -> ConnectionHandle {
    var failure = Failure(reason: "no host")
    for attributes in string.passes {
      for host in string.hosts {
        let addresses = await resolve(host)
        if addresses.isEmpty {
          failure = Failure(reason: "could not translate host name \"\(host.name)\" to address")
        }
        for host in addresses where !isCancelled {
          do throws(Failure) {
            return try await connect(to: host, attributes)
          } catch {
            failure = error
          }
        }
      }
    }
    throw failure
  }

  /// Ends what is under way.
  func cancel() {
    isCancelled = true
    current?.finish(.cancelled)
  }

  /// `host` with each of its addresses; none when it has none.
  private func resolve(_ host: ConnectionString.Host) async -> [ConnectionString.Host] {
    guard host.needsResolving else { return [host] }
    if SocketAddress(host: host.name, port: 0) != nil { return [host] }
    let answer = Waiter()
    var addresses: [SocketAddress] = []
    Loop.task {
      let found = try? await Self.workers.run {
        try SocketAddress.resolve(host: host.name, port: 0)
      }
      addresses = found ?? []
      answer.finish()
    }
    await wait(for: answer)
    return addresses.map { address in
      var resolved = host
      resolved.address = address.host
      return resolved
    }
  }

  private func connect(
    to host: ConnectionString.Host,
    _ attributes: String
  ) async throws(Failure) -> ConnectionHandle {
    let keywords = string.keywords(for: host, attributes: attributes, defaults: defaults)
    guard let pointer = Self.start(keywords) else { throw Failure(reason: "out of memory") }
    let handle = ConnectionHandle(pointer)
    guard PQstatus(pointer) != CONNECTION_BAD else { throw Failure(reason: handle.message) }
    let deadline = Instant.now + timeout
    var state = PGRES_POLLING_WRITING
    while state != PGRES_POLLING_OK {
      let interest: Readiness = state == PGRES_POLLING_READING ? .readable : .writable
      try await wait(for: interest, on: PQsocket(pointer), until: deadline)
      state = PQconnectPoll(pointer)
      guard state != PGRES_POLLING_FAILED else { throw Failure(reason: handle.message) }
    }
    guard PQsetnonblocking(pointer, 1) == 0 else { throw Failure(reason: handle.message) }
    return handle
  }

  private static func start(_ keywords: [(keyword: String, value: String)]) -> OpaquePointer? {
    let copies = keywords.flatMap { [strdup($0.keyword), strdup($0.value)] }
    defer { for copy in copies { free(copy) } }
    func every(_ remainder: Int) -> [UnsafePointer<CChar>?] {
      stride(from: remainder, to: copies.count, by: 2).map { UnsafePointer(copies[$0]) } + [nil]
    }
    return PQconnectStartParams(every(0), every(1), 0)
  }

  /// The descriptor is watched only meanwhile, since libpq may open another one in between.
  private func wait(
    for interest: Readiness,
    on descriptor: Int32,
    until deadline: Instant
  ) async throws(Failure) {
    let signal = Waiter()
    let source = SocketWait(signal)
    do {
      try Loop.watch(descriptor, for: interest, source: source)
    } catch {
      throw Failure(reason: error.description)
    }
    await wait(for: signal, until: deadline)
    Loop.unwatch(descriptor)
    switch signal.failure {
    case nil: return
    case .cancelled: throw Failure(reason: "cancelled")
    default: throw Failure(reason: "the connection could not be made in time")
    }
  }

  private func wait(for waiter: Waiter, until deadline: Instant? = nil) async {
    current = waiter
    if isCancelled { waiter.finish(.cancelled) }
    let timer = LoopTimer { waiter.finish(.timeout) }
    timer.schedule(at: deadline ?? .now + timeout)
    await waiter.wait(isCancellable: false)
    timer.cancel()
    current = nil
  }
}

@Loop
private final class SocketWait: EventSource {
  private let signal: Waiter

  init(_ signal: Waiter) {
    self.signal = signal
  }

  func ready(_ readiness: Readiness) {
    signal.finish()
  }
}

/// Delays that double from 50 ms to a second, each shortened at random by up to half, so that many
/// processes don't come back at once.
struct Backoff {
  private var failures = 0

  mutating func next() -> Duration {
    let longest = min(1000, 50 << min(failures, 10))
    failures += 1
    return .milliseconds(Int.random(in: (longest / 2)...longest))
  }

  mutating func reset() {
    failures = 0
  }
}
