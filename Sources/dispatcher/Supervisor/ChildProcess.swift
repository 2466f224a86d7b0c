import Glibc
import Loop

/// How a process ended.
enum ProcessEnd: Equatable, Sendable, CustomStringConvertible {
  case exited(Int32)
  case killed(signal: Int32)

  /// Reads the status of wait(2), whose macros Swift does not import.
  init(status: Int32) {
    let signal = status & 0x7F
    self = signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: signal)
  }

  var description: String {
    switch self {
    case .exited(let code): "exit status \(code)"
    case .killed(let signal): "signal \(signal)"
    }
  }
}

/// Starting processes that die with the dispatcher.
enum ChildProcess {
  /// The flag that makes the dispatcher a ``trampoline(_:)``.
  static let trampolineFlag = "--exec"

  /// Starts `binary` with exactly `environment`, in a process group of its own (a terminal's Ctrl-C
  /// is the dispatcher's to handle), with no signal blocked or ignored and nothing open but
  /// stdout and stderr.
  ///
  /// What is started is the dispatcher itself, which ties its life to this process's and then
  /// turns into `binary`: posix_spawn(3) cannot do the former.
  ///
  /// - Throws: ``SystemError``. That `binary` cannot be run shows as its exit status 127.
  static func spawn(
    _ binary: String,
    environment: [String]
  ) throws(SystemError) -> pid_t {
    var attributes = posix_spawnattr_t()
    var actions = posix_spawn_file_actions_t()
    posix_spawnattr_init(&attributes)
    posix_spawn_file_actions_init(&actions)
    defer {
      posix_spawnattr_destroy(&attributes)
      posix_spawn_file_actions_destroy(&actions)
    }
    var mask = sigset_t()
    sigemptyset(&mask)
    posix_spawnattr_setsigmask(&attributes, &mask)
    sigfillset(&mask)
    posix_spawnattr_setsigdefault(&attributes, &mask)
    posix_spawnattr_setpgroup(&attributes, 0)
    let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
    posix_spawnattr_setflags(&attributes, Int16(flags))
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)

    let arguments = [binary, trampolineFlag, String(getpid()), binary]
    var process = pid_t()
    let code = withCStrings(arguments) { arguments in
      withCStrings(environment) { environment in
        posix_spawn(&process, "/proc/self/exe", &actions, &attributes, arguments, environment)
      }
    }
    guard code == 0 else { throw SystemError(code: code, call: "posix_spawn \(binary)") }
    return process
  }

  /// Ends with the dispatcher, then becomes the executable; returns only when it can't.
  ///
  /// - Parameter arguments: those after the flag: the dispatcher's process id, the executable.
  /// - Returns: the exit status.
  static func trampoline(_ arguments: [String]) -> Int32 {
    guard arguments.count == 2, let parent = pid_t(arguments[0]) else { return 64 }
    guard ParentDeath.kill(with: parent) else { return 1 }
    withCStrings([arguments[1]]) { _ = execv(arguments[1], $0) }
    return 127
  }

  /// - Returns: the children that ended, without waiting for any.
  static func reap() -> [(process: pid_t, end: ProcessEnd)] {
    var ended: [(process: pid_t, end: ProcessEnd)] = []
    while true {
      var status: Int32 = 0
      let process = waitpid(-1, &status, WNOHANG)
      guard process > 0 else { return ended }
      ended.append((process, ProcessEnd(status: status)))
    }
  }

  private static func withCStrings<Result>(
    _ strings: [String],
    _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    let copies = strings.map { strdup($0) } + [nil]
    defer { for copy in copies { free(copy) } }
    return withUnsafeTemporaryAllocation(
      of: UnsafeMutablePointer<CChar>?.self,
      capacity: copies.count
    ) { list in
      _ = list.initialize(from: copies)
      defer { list.deinitialize() }
      // Never empty: it ends with nil.
      guard let start = list.baseAddress else { preconditionFailure() }
      return body(start)
    }
  }
}
