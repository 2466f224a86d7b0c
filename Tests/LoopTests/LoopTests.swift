import Glibc
import Loop
import Testing
import TestSupport

@Suite("The loop")
struct LoopTests {
  init() { TestLoop.start() }

  @Test("runs a task on its own thread across every await")
  func staysOnItsThread() async {
    let isSame = await Loop.task {
      let before = pthread_self()
      try? await Loop.sleep(for: .milliseconds(2))
      await Task.yield()
      return pthread_equal(before, pthread_self()) != 0
    }.value
    #expect(isSame)
  }

  @Test("fires timers in the order of their deadlines, and a timer put off fires once")
  func ordersTimers() async {
    let fired = await Loop.task { () -> [Int] in
      var fired: [Int] = []
      var timers: [LoopTimer] = []
      for delay in [30, 10, 20, 5] {
        let timer = LoopTimer { fired.append(delay) }
        timer.schedule(after: .milliseconds(delay))
        timers.append(timer)
      }
      timers[3].schedule(after: .milliseconds(40))
      timers[2].cancel()
      try? await Loop.sleep(for: .milliseconds(80))
      return fired
    }.value
    #expect(fired == [10, 30, 5])
  }

  @Test("wakes a sleeper at once when its task is cancelled")
  func cancelsSleep() async {
    let clock = ContinuousClock()
    let start = clock.now
    let sleeping = Loop.task { () -> Bool in
      do { try await Loop.sleep(for: .seconds(60)) } catch { return error is CancellationError }
      return false
    }
    try? await Task.sleep(for: .milliseconds(20))
    sleeping.cancel()
    #expect(await sleeping.value)
    #expect(clock.now - start < .seconds(10))
  }

  @Test("forgets cancelled timers instead of keeping them until their time")
  func forgetsCancelledTimers() async {
    let isGone = await Loop.task { () -> Bool in
      weak var last: LoopTimer?
      for _ in 0..<5000 {
        let timer = LoopTimer {}
        timer.schedule(after: .seconds(3600))
        timer.cancel()
        last = timer
      }
      for _ in 0..<1100 {
        let timer = LoopTimer {}
        timer.schedule(after: .seconds(3600))
        timer.cancel()
      }
      return last == nil
    }.value
    #expect(isGone)
  }
}

@Suite("The worker pool")
struct WorkerPoolTests {
  init() { TestLoop.start() }

  @Test("refuses what its threads and its queue can't hold, and serves the rest")
  func isBounded() async {
    let pool = WorkerPool(threads: 2, queue: 3)
    let outcomes = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<20 {
        group.addTask {
          do {
            try await pool.run { _ = usleep(100_000) }
            return true
          } catch {
            return false
          }
        }
      }
      return await group.reduce(into: [Bool]()) { $0.append($1) }
    }
    let served = outcomes.filter { $0 }.count
    #expect((5...10).contains(served))
  }

  @Test("hands on what the work throws")
  func handsOnErrors() async {
    struct Broken: Error {}
    await #expect(throws: Broken.self) {
      try await WorkerPool().run { throw Broken() }
    }
  }

  @Test("works behind what the loop has to do")
  func givesWay() async throws {
    let own = nice(0)
    let pools = try await WorkerPool().run { nice(0) }
    #expect(pools == own + 10)
    #expect(nice(0) == own)
  }
}

@Suite("A socket address")
struct SocketAddressTests {
  @Test(
    "reads what it writes",
    arguments: ["127.0.0.1:8080", "[::1]:80", "unix:/run/a.sock"]
  )
  func roundTrips(text: String) throws {
    #expect(try #require(SocketAddress(text)).description == text)
  }

  @Test(
    "is refused when it is no numeric address with a port",
    arguments: [
      "", ":80", "localhost:80", "1.2.3.4", "1.2.3.4:70000", "::1:80", "unix:", "1.2.3:4:5",
    ]
  )
  func refuses(text: String) {
    #expect(SocketAddress(text) == nil)
  }

  @Test("is refused when a socket's path is longer than the system takes")
  func refusesLongPaths() {
    #expect(SocketAddress("unix:/" + String(repeating: "a", count: 107)) == nil)
  }
}
