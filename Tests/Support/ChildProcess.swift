import Glibc
import Loop
import Synchronization

/// Programs that tests run. None outlives the test process, however that ends.
package enum ChildProcess {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// What blocks for the sake of tests does it here, so that it holds up neither loop nor tests.
  private static let threads = WorkerPool(threads: 8, queue: 1000)

  /// One at a time, so that no child inherits a descriptor that is just being marked.
  private static let spawning = Mutex<Void>(())

  /// Runs a program found on the path to its end.
  ///
  /// - Returns: what it printed to standard output.
  /// - Throws: ``Failure`` with what it printed, when its status isn't 0.
  @discardableResult
  package static func run(_ arguments: [String]) async throws -> String {
    try await threads.run {
      let child = try spawn(arguments)
      close(child.input)
      let output = read(child.output)
      var status: Int32 = 0
      while waitpid(child.id, &status, 0) < 0, errno == EINTR {}
      guard status == 0 else {
        throw Failure(description: "\(arguments.joined(separator: " ")): \(output)")
      }
      return output
    }
  }

  /// Starts a shell script that gets `arguments` as $1, $2…; its standard input ends when the test
  /// process does. It has a session of its own, so that Ctrl-C leaves it time to clean up.
  ///
  /// - Returns: the descriptor whose closing ends its standard input before that.
  @discardableResult
  package static func guarded(
    by script: String,
    _ arguments: [String],
    prefix: [String] = []
  ) throws -> Int32 {
    let child = try spawn(prefix + ["sh", "-c", script, "sh"] + arguments)
    close(child.output)
    return child.input
  }

  /// What to put before a program that refuses to run as root, as PostgreSQL's do.
  package static let unprivileged: [String] = {
    guard geteuid() == 0 else { return [] }
    let user = unprivilegedUser
    return ["setpriv", "--reuid=\(user)", "--regid=\(group)", "--clear-groups", "--"]
  }()

  package static let unprivilegedUser = getpwnam("postgres") == nil ? "nobody" : "postgres"

  private static let group = getgrnam("postgres") == nil ? "nogroup" : "postgres"

  private static func spawn(
    _ arguments: [String]
  ) throws -> (id: pid_t, input: Int32, output: Int32) {
    try spawning.withLock { _ in
      let input = try pipe()
      let output = try pipe()
      defer {
        close(input.read)
        close(output.write)
      }
      var actions = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&actions)
      defer { posix_spawn_file_actions_destroy(&actions) }
      posix_spawn_file_actions_adddup2(&actions, input.read, 0)
      posix_spawn_file_actions_adddup2(&actions, output.write, 1)
      posix_spawn_file_actions_adddup2(&actions, output.write, 2)
      var attributes = posix_spawnattr_t()
      posix_spawnattr_init(&attributes)
      defer { posix_spawnattr_destroy(&attributes) }
      var none = sigset_t()
      sigemptyset(&none)
      var defaults = sigset_t()
      sigfillset(&defaults)
      posix_spawnattr_setsigmask(&attributes, &none)
      posix_spawnattr_setsigdefault(&attributes, &defaults)
      let flags = 0x80 /* POSIX_SPAWN_SETSID */ | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
      posix_spawnattr_setflags(&attributes, Int16(flags))
      let copies = arguments.map { strdup($0) }
      defer { for copy in copies { free(copy) } }
      var id = pid_t()
      let code = posix_spawnp(&id, arguments[0], &actions, &attributes, copies + [nil], environ)
      guard code == 0 else {
        close(input.write)
        close(output.read)
        throw Failure(description: "\(arguments[0]): \(String(cString: strerror(code)))")
      }
      return (id, input.write, output.read)
    }
  }

  private static func pipe() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [0, 0]
    guard Glibc.pipe(&ends) == 0 else { throw Failure(description: "pipe: errno \(errno)") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  private static func read(_ descriptor: Int32) -> String {
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(contentsOf: buffer[..<count])
    }
  }
}
