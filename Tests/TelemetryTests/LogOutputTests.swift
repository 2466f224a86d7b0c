import Glibc
import Loop
import Testing
import TestSupport

@testable import Telemetry

@Suite("The log's output")
struct LogOutputTests {
  init() { TestLoop.start() }

  @Test("never waits for a reader: it keeps a bounded rest, counts what it drops and says so")
  func isBounded() throws {
    let log = try LogCapture(limit: 16_384, pipeSize: 4096)
    for index in 0..<1000 { log.output.write(.info, "line") { $0.add("index", index) } }
    var lines: [[String: JSON]] = []
    while !log.output.flush() { lines += try log.lines() }
    for _ in 0..<2 { log.output.write(.info, "after") }
    log.output.drain(within: .seconds(1))
    lines += try log.lines()
    let report = try #require(lines.first { $0["dropped"] != nil })
    #expect(lines.count { $0["dropped"] != nil } == 1)
    let shown = lines.count { $0["message"] == .text("line") }
    #expect(report["level"] == .text("warning"))
    #expect(report["dropped"] == .number(Double(1000 - shown)))
    #expect((50...400).contains(shown))
    #expect(lines.last?["message"] == .text("after"))
  }

  @Test("writes whole lines that never mix with another process's")
  func keepsLinesWhole() async throws {
    let log = try LogCapture(limit: 1 << 20, pipeSize: 4096)
    let other = LogOutput(descriptor: log.writeEnd, limit: 1 << 20)
    let filler = String(repeating: "x", count: 700)
    var lines: [[String: JSON]] = []
    for _ in 0..<200 {
      log.output.write(.info, "one") { $0.add("filler", filler) }
      other.write(.info, "two") { $0.add("filler", filler) }
    }
    while !log.output.flush() || !other.flush() { lines += try log.lines() }
    lines += try log.lines()
    #expect(lines.count == 400)
  }

  @Test("leaves the descriptor that it was given blocking, as others share it")
  func leavesFlagsAlone() throws {
    let log = try LogCapture(pipeSize: 4096)
    log.output.write(.info, "line")
    #expect(fcntl(log.writeEnd, F_GETFL) & O_NONBLOCK == 0)
  }

  @Test("doesn't wait either when the pipe can't be opened anew")
  func polls() throws {
    let log = try LogCapture(pipeSize: 4096)
    let channel = LogChannel(log.writeEnd, mayReopen: false)
    var lines: [UInt8] = Array(repeating: UInt8(ascii: "a"), count: 20_000) + [UInt8(ascii: "\n")]
    var read: [UInt8] = []
    while !lines.isEmpty {
      #expect(channel.write(&lines) == 0)
      read += log.bytes()
    }
    #expect(read.count == 20_001)
  }

  @Test("doesn't wait for a socket")
  func sends() throws {
    var ends: [Int32] = [0, 0]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
    defer { close(ends[1]) }
    let channel = LogChannel(ends[0])
    var lines: [UInt8] =
      Array(repeating: UInt8(ascii: "a"), count: 2_000_000) + [UInt8(ascii: "\n")]
    #expect(channel.write(&lines) == 0)
    #expect((1..<2_000_001).contains(lines.count))
    close(ends[0])
  }

  @Test("gives lines up when the reader is gone")
  func survivesItsReader() throws {
    Loop.ignoreBrokenPipes()
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    let channel = LogChannel(ends[1])
    close(ends[0])
    var lines = Array("one\ntwo\n".utf8)
    #expect(channel.write(&lines) == 2)
    #expect(lines.isEmpty)
    close(ends[1])
  }

  @Test("goes to a file as it is")
  func writesFiles() throws {
    var name = Array("/tmp/streamvibe-log-XXXXXX".utf8CString)
    let file = mkstemp(&name)
    try #require(file >= 0)
    defer { close(file) }
    unlink(name)
    let output = LogOutput(descriptor: file)
    for _ in 0..<100 { output.write(.info, String(repeating: "x", count: 500)) }
    var status = stat()
    fstat(file, &status)
    #expect(status.st_size > 50_000)
    #expect(output.flush())
  }

  @Test("lets the lines of a turn leave together at its end, and those of other threads at once")
  func leavesAtEndOfTurn() async throws {
    let log = try LogCapture()
    let early = await Loop.task { () -> Int in
      log.output.flushEachTurn()
      log.output.write(.info, "one")
      log.output.write(.info, "two")
      return log.bytes().count
    }.value
    #expect(early == 0)
    await Loop.task { try? await Loop.sleep(for: .milliseconds(5)) }.value
    #expect(try log.lines().count == 2)
    log.output.write(.info, "elsewhere")
    #expect(try log.line()["message"] == .text("elsewhere"))
  }

  @Test("is tried again while the loop has nothing else to do")
  func retries() async throws {
    let log = try LogCapture(pipeSize: 4096)
    await Loop.task {
      log.output.flushEachTurn()
      for _ in 0..<100 { log.output.write(.info, String(repeating: "x", count: 200)) }
    }.value
    var count = 0
    let start = Instant.now
    while count < 100, Instant.now - start < .seconds(20) {
      count += try log.lines().count
      usleep(10_000)
    }
    #expect(count == 100)
  }

  @Test("drains to a slow reader for a while when the process ends")
  func drains() throws {
    let log = try LogCapture(pipeSize: 4096)
    for _ in 0..<100 { log.output.write(.info, String(repeating: "x", count: 200)) }
    let start = Instant.now
    log.output.drain(within: .milliseconds(100))
    let waited = Instant.now - start
    #expect(waited > .milliseconds(90) && waited < .seconds(5))
    #expect(!log.output.flush())
  }
}
