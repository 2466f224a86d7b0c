import Glibc
import Loop
import Synchronization

/// Gathers lines and hands them to a descriptor without ever waiting for it.
///
/// Until ``flushEachTurn()`` each line leaves at once; from then on those of the loop's thread
/// leave together at the end of its turn. What the reader can't take yet is kept up to ``limit``
/// bytes; lines beyond it are dropped, and a line says how many once there is room again.
final class LogOutput: Sendable {
  /// Standard error; emptied once more when the process exits.
  static let standardError: LogOutput = {
    atexit { LogOutput.standardError.drain(within: .seconds(1)) }
    return LogOutput(descriptor: STDERR_FILENO)
  }()

  private struct State: ~Copyable {
    var channel: LogChannel
    /// Whole lines that were not written yet.
    var pending: [UInt8] = []
    /// A line's buffer, lent to the line that is being written.
    var scratch: [UInt8] = []
    var timestamp = Timestamp()
    var service: [UInt8] = []
    var dropped = 0
    /// Lines of this thread wait for the end of the loop's turn.
    var loopThread: pthread_t?

    mutating func flush() {
      let lost = channel.write(&pending)
      dropped += lost
    }
  }

  private let state: Mutex<State>
  private let level = Atomic(Log.Level.info.rawValue)
  private let limit: Int

  /// - Parameters:
  ///   - descriptor: stays the caller's, and open for as long as the output is used.
  ///   - limit: how many bytes may wait for a slow reader.
  init(descriptor: Int32, limit: Int = 256 * 1024) {
    self.limit = limit
    state = Mutex(State(channel: LogChannel(descriptor)))
  }

  func configure(service: String, level: Log.Level) {
    self.level.store(level.rawValue, ordering: .relaxed)
    var line = LogLine([])
    var service = service
    service.withUTF8 { line.appendQuoted($0) }
    state.withLock { $0.service = line.bytes }
  }

  func isWritten(_ level: Log.Level) -> Bool {
    level.rawValue >= self.level.load(ordering: .relaxed)
  }

  /// - Parameter fields: adds the line's fields; not called when the level is not written.
  func write(
    _ level: Log.Level,
    _ message: @autoclosure () -> String,
    _ fields: (inout LogLine) -> Void = { _ in }
  ) {
    guard isWritten(level) else { return }
    var line = LogLine(start(level))
    var message = message()
    message.withUTF8 { line.appendQuoted($0) }
    fields(&line)
    line.bytes.append("}\n")
    finish(&line.bytes)
  }

  /// Has what the loop's thread logs leave in one write a turn.
  @Loop
  func flushEachTurn() {
    let thread = pthread_self()
    let retry = LoopTimer {}
    state.withLock { $0.loopThread = thread }
    Loop.atEndOfTurn { [self] in
      // A slow reader is tried again even when nothing else wakes the loop.
      if !flush(), !retry.isScheduled { retry.schedule(after: .milliseconds(100)) }
    }
  }

  /// - Returns: true when nothing is left to write.
  @discardableResult
  func flush() -> Bool {
    state.withLock { state in
      if !state.pending.isEmpty { state.flush() }
      return state.pending.isEmpty
    }
  }

  /// Writes all that waits, giving a slow reader up to `patience`.
  func drain(within patience: Duration) {
    let deadline = Instant.now + patience
    while !flush(), Instant.now < deadline {
      let descriptor = state.withLock { $0.channel.descriptor }
      var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      poll(&request, 1, Int32(max(1, (deadline - .now).nanoseconds / 1_000_000)))
    }
  }

  /// Takes the scratch buffer, so that a field's closure that logs too finds the lock free.
  private func start(_ level: Log.Level) -> [UInt8] {
    state.withLock { state in
      var bytes: [UInt8] = []
      swap(&bytes, &state.scratch)
      Self.start(level, &bytes, &state)
      return bytes
    }
  }

  private static func start(_ level: Log.Level, _ bytes: inout [UInt8], _ state: inout State) {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    bytes.append("{\"time\":\"")
    state.timestamp.append(now, to: &bytes)
    bytes.append("\",\"level\":\"")
    bytes.append(level.name)
    if !state.service.isEmpty {
      bytes.append("\",\"service\":")
      bytes.append(contentsOf: state.service)
      bytes.append(",\"message\":")
    } else {
      bytes.append("\",\"message\":")
    }
  }

  private func finish(_ line: inout [UInt8]) {
    state.withLock { state in
      if state.dropped > 0 { reportDrops(&state) }
      if state.pending.count + line.count <= limit {
        state.pending.append(contentsOf: line)
      } else {
        state.dropped += 1
      }
      line.removeAll(keepingCapacity: true)
      swap(&line, &state.scratch)
      let waits = state.loopThread.map { pthread_equal($0, pthread_self()) != 0 } ?? false
      if !waits || state.pending.count > limit / 2 { state.flush() }
    }
  }

  /// Says how many lines are missing as soon as half of the buffer is free again.
  private func reportDrops(_ state: inout State) {
    state.flush()
    guard state.pending.count < limit / 2 else { return }
    var bytes: [UInt8] = []
    Self.start(.warning, &bytes, &state)
    bytes.append("\"log lines were dropped\",\"dropped\":")
    bytes.append(decimal: state.dropped)
    bytes.append("}\n")
    state.dropped = 0
    state.pending.append(contentsOf: bytes)
  }
}
