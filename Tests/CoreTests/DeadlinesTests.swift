import Loop
import TestSupport
import Testing

@testable import Core

@Suite("The watch over handlers' time")
struct DeadlinesTests {
  private final class Handler: Timed {
    var isTimed = false
  }

  @Test("finds those that have not ended in time, once, in their order")
  func finds() async throws {
    let found = try await onLoop { () -> [Int] in
      var late: [ObjectIdentifier] = []
      let deadlines = Deadlines<Handler>(limit: .milliseconds(250)) { late.append(.init($0)) }
      let handlers = (0..<4).map { _ in Handler() }
      for handler in handlers { deadlines.begin(handler) }
      deadlines.end(handlers[1])
      try await Loop.sleep(for: .milliseconds(150))
      let last = Handler()
      deadlines.begin(last)
      try await Loop.sleep(for: .milliseconds(175))
      #expect(late.count == 3)
      deadlines.end(handlers[0])
      try await Loop.sleep(for: .milliseconds(300))
      return late.compactMap { id in
        (handlers + [last]).firstIndex { ObjectIdentifier($0) == id }
      }
    }
    #expect(found == [0, 2, 3, 4])
  }

  @Test("lets go of those that ended, long before their time")
  func forgets() async throws {
    try await onLoop {
      let deadlines = Deadlines<Handler>(limit: .seconds(3600)) { _ in }
      weak var first: Handler?
      let slow = Handler()
      deadlines.begin(slow)
      for index in 0..<100 {
        let handler = Handler()
        if index == 0 { first = handler }
        deadlines.begin(handler)
        deadlines.end(handler)
      }
      #expect(first == nil)
      #expect(slow.isTimed)
    }
  }
}
