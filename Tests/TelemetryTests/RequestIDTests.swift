import Loop
import TestSupport
import Testing

@testable import Telemetry

@Suite("A request id")
struct RequestIDTests {
  @Test("is made of 128 random bits, as 26 lower-case characters")
  func generates() {
    var source = Seeded(state: 1)
    let ids = (0..<1000).map { _ in RequestID.generate(using: &source).description }
    #expect(Set(ids).count == 1000)
    #expect(ids.allSatisfy { $0.count == 26 })
    let characters = Set(ids.joined())
    #expect(characters == Set("0123456789abcdefghijklmnopqrstuv"))
  }

  @Test("is another one each time, and in each process")
  func differs() async {
    TestLoop.start()
    let ids = await Loop.task { (0..<1000).map { _ in RequestID.generate() } }.value
    #expect(Set(ids).count == 1000)
    var numbers = (UniqueNumbers(), UniqueNumbers())
    #expect(numbers.0.next() != numbers.1.next())
  }

  @Test("comes from numbers as their authors made them")
  func follows() {
    struct Counting: RandomNumberGenerator {
      var value: UInt64 = 0
      mutating func next() -> UInt64 {
        value += 1
        return value
      }
    }
    var seed = Counting()
    var numbers = UniqueNumbers(using: &seed)
    // xoshiro256** from the state 1, 2, 3, 4, as the reference implementation gives it.
    #expect(
      (0..<4).map { _ in numbers.next() } == [11520, 0, 1_509_978_240, 1_215_971_899_390_074_240]
    )
  }

  @Test("keeps every bit")
  func keepsBits() {
    struct Fixed: RandomNumberGenerator {
      var values: [UInt64]
      mutating func next() -> UInt64 { values.removeFirst() }
    }
    var high = Fixed(values: [1 << 63, 0])
    var low = Fixed(values: [0, 1])
    #expect(RequestID.generate(using: &high).description == "40000000000000000000000000")
    #expect(RequestID.generate(using: &low).description == "00000000000000000000000001")
  }

  @Test(
    "is taken from outside when it is sane",
    arguments: ["a", "A-b_c.9", String(repeating: "x", count: 64)]
  )
  func accepts(text: String) {
    #expect(RequestID(inbound: text)?.description == text)
  }

  @Test(
    "is not taken from outside otherwise",
    arguments: [
      "", " ", "a b", "a\n", "a\u{0}", "é", "a/b", "a\"b", "a;b", String(repeating: "x", count: 65),
    ]
  )
  func refuses(text: String) {
    #expect(RequestID(inbound: text) == nil)
  }
}
