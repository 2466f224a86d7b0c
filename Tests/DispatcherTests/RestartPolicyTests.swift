import Loop
import Testing

@testable import dispatcher

@Suite("The restart policy")
struct RestartPolicyTests {
  private static func at(_ seconds: Double) -> Instant {
    Instant(nanoseconds: 1_000_000_000_000 + UInt64(seconds * 1_000_000_000))
  }

  @Test("starts a process that crashed for the first time at once")
  func restartsAtOnce() {
    var policy = RestartPolicy()
    #expect(policy.ended(at: Self.at(0), uptime: .seconds(100), jitter: 0.9) == .zero)
    #expect(!policy.isCrashLoop)
  }

  @Test("backs off exponentially while a process keeps crashing", arguments: [0.0, 0.5, 0.999])
  func backsOff(jitter: Double) {
    var policy = RestartPolicy()
    let delays = (0..<4).map {
      policy.ended(at: Self.at(Double($0)), uptime: .milliseconds(10), jitter: jitter)
    }
    #expect(delays[0] == .zero)
    for (delay, base) in zip(delays.dropFirst(), [200, 400, 800]) {
      #expect(delay >= .milliseconds(base / 2))
      #expect(delay <= .milliseconds(base))
    }
    #expect(!policy.isCrashLoop)
  }

  @Test("calls the fifth end within half a minute a crash loop, and tries every half minute")
  func findsCrashLoops() {
    var policy = RestartPolicy()
    for index in 0..<4 {
      _ = policy.ended(at: Self.at(Double(index)), uptime: .milliseconds(10), jitter: 0)
    }
    #expect(policy.ended(at: Self.at(29), uptime: .seconds(20), jitter: 0) == .seconds(30))
    #expect(policy.isCrashLoop)
    #expect(policy.ended(at: Self.at(60), uptime: .seconds(1), jitter: 0.5) == .seconds(30.5))
    #expect(policy.isCrashLoop, "one more end, though alone in its window, changes nothing")
  }

  @Test("does not call crashes that are far apart a loop")
  func forgivesRareCrashes() {
    var policy = RestartPolicy()
    for index in 0..<20 {
      let delay = policy.ended(at: Self.at(Double(index) * 31), uptime: .seconds(29), jitter: 0)
      #expect(delay == .zero)
    }
    #expect(!policy.isCrashLoop)
  }

  @Test("believes a process that has run well")
  func endsCrashLoops() {
    var policy = RestartPolicy()
    for index in 0..<5 {
      _ = policy.ended(at: Self.at(Double(index)), uptime: .zero, jitter: 0)
    }
    #expect(policy.isCrashLoop)
    #expect(policy.ended(at: Self.at(70), uptime: .seconds(31), jitter: 0) == .zero)
    #expect(!policy.isCrashLoop)
  }

  @Test("never waits longer than five seconds before it is a crash loop")
  func isBounded() {
    var policy = RestartPolicy()
    for index in 0..<100 {
      let delay = policy.ended(at: Self.at(Double(index) * 8), uptime: .seconds(8), jitter: 1)
      #expect(delay <= .seconds(5))
    }
  }
}
