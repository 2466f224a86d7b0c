import Glibc
import Loop
import Telemetry

/// Keeps one service running.
///
/// At most one process is `current` and gets requests; at most one is `starting`, to become
/// current when it is ready; those that were replaced finish what they have and end.
@Loop
final class SupervisedService {
  enum State: String {
    case starting, running, waiting, stopped
    case crashLoop = "crash_loop"
  }

  /// How long a new process may take to answer.
  private static let startLimit = Duration.seconds(10)
  /// How long the requests that an old process has may take before it is asked to end.
  private static let retireLimit = Duration.seconds(5)
  /// How long a process may take to end once it was asked to.
  private static let stopLimit = Duration.seconds(10)

  var entry: ServiceEntry
  let upstream: Upstream
  private unowned let supervisor: Supervisor
  private var current: Child?
  private var starting: Child?
  private var retiring: [Child] = []
  private var policy = RestartPolicy()
  private var generation = 0
  private var isStopping = false
  private lazy var restart = LoopTimer { [weak self] in self?.start() }

  init(_ entry: ServiceEntry, upstream: Upstream, supervisor: Supervisor) {
    self.entry = entry
    self.upstream = upstream
    self.supervisor = supervisor
  }

  var state: State {
    if current != nil { return .running }
    if isStopping { return .stopped }
    if policy.isCrashLoop { return .crashLoop }
    return starting != nil ? .starting : .waiting
  }

  var metricsAddress: SocketAddress? { current?.metricsAddress }

  private var program: Program {
    Program(entry)
  }

  /// Starts the first process, or the next after one that ended.
  func start() {
    guard !isStopping, starting == nil else { return }
    generation += 1
    do {
      let child = try supervisor.spawn(program, service: entry.name, generation: generation)
      starting = child
      Loop.task { [self] in await follow(child) }
    } catch {
      Log.error("could not start a service") {
        $0.add("child", entry.name)
        $0.add("error", error: error)
      }
      scheduleRestart(uptime: .zero)
    }
  }

  /// Puts what `entry` says into effect, if it differs from what runs. The old process serves until
  /// the new one is ready, and stays when it never is.
  func update(to entry: ServiceEntry) async {
    self.entry = entry
    guard (starting ?? current)?.program != program else { return }
    restart.cancel()
    policy.reset()
    // It was given what is out of date by now.
    if let outdated = starting {
      starting = nil
      await outdated.stop(within: Self.stopLimit)
    }
    start()
    guard let child = starting else { return }
    while starting === child { try? await Loop.sleep(for: .milliseconds(2)) }
    if current === child {
      Log.info("replaced a service") { add(child, to: &$0) }
    } else {
      Log.error("a service could not be replaced and stays as it was") { add(child, to: &$0) }
    }
  }

  /// Asks its processes to end, and starts no more.
  func stop() {
    isStopping = true
    restart.cancel()
    upstream.suspend()
    for child in [current, starting].compactMap({ $0 }) + retiring { child.signal(SIGTERM) }
  }

  /// Ends it for good once the requests that it has are done.
  func retire() async {
    isStopping = true
    restart.cancel()
    if let current { await retire(current) }
    if let starting { await starting.stop(within: Self.stopLimit) }
    upstream.suspend()
  }

  /// Follows one process from its start to its end.
  private func follow(_ child: Child) async {
    if await child.isReady(within: Self.startLimit) {
      promote(child)
    } else if child.end == nil {
      Log.error("a service did not get ready in time") { add(child, to: &$0) }
      child.signal(SIGKILL)
    }
    await child.hasEnded()
    noteEnd(of: child)
  }

  private func promote(_ child: Child) {
    guard starting === child else { return }
    starting = nil
    let old = current
    current = child
    upstream.serve(from: [child.target])
    Log.info("service is ready") {
      add(child, to: &$0)
      $0.add("start_ms", child.uptime)
    }
    if let old { Loop.task { [self] in await retire(old) } }
  }

  private func retire(_ child: Child) async {
    retiring.append(child)
    await child.target.isDrained(within: Self.retireLimit)
    await child.stop(within: Self.stopLimit)
  }

  private func noteEnd(of child: Child) {
    let wasNeeded = child === current || child === starting
    if child === current {
      current = nil
      upstream.suspend()
    }
    if child === starting { starting = nil }
    if retiring.contains(where: { $0 === child }) { retiring.removeAll { $0 === child } }
    guard wasNeeded, !isStopping else { return }
    Log.error("a service ended unexpectedly") {
      add(child, to: &$0)
      $0.add("end", child.end?.description)
      $0.add("uptime_ms", child.uptime)
    }
    // With a process that serves or is about to there is nothing to restart.
    if current == nil, starting == nil { scheduleRestart(uptime: child.uptime) }
  }

  private func scheduleRestart(uptime: Duration) {
    let wasCrashLoop = policy.isCrashLoop
    let delay = policy.ended(at: .now, uptime: uptime, jitter: .random(in: 0..<1))
    if policy.isCrashLoop, !wasCrashLoop {
      Log.error("a service is in a crash loop") {
        $0.add("child", entry.name)
        $0.add("state", State.crashLoop.rawValue)
        $0.add("restart_ms", delay)
      }
    }
    if policy.isCrashLoop { upstream.noteDown() }
    if delay == .zero { start() } else { restart.schedule(after: delay) }
  }

  private func add(_ child: Child, to line: inout LogLine) {
    line.add("child", entry.name)
    line.add("pid", child.process)
    line.add("generation", child.generation)
  }
}
