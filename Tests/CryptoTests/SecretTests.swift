import Testing

@testable import Crypto

@Suite("Secrets")
struct SecretTests {
  @Test("a comparison finds a difference in each bit of each place")
  func comparesEveryBit() {
    let left = (0..<65).map { UInt8($0) }
    #expect(areEqual(left, left))
    for index in left.indices {
      for bit in 0..<8 {
        var right = left
        right[index] ^= 1 << UInt8(bit)
        #expect(!areEqual(left, right))
      }
    }
  }

  @Test("different lengths are different, nothing equals nothing")
  func comparesLengths() {
    let empty: [UInt8] = []
    #expect(areEqual(empty, empty))
    #expect(!areEqual(empty, [0]))
    #expect(!areEqual([1, 2, 3], [1, 2]))
  }

  @Test("wiping leaves zeros of the same length")
  func wipes() {
    var bytes: [UInt8] = [1, 2, 3]
    wipe(&bytes)
    #expect(bytes == [0, 0, 0])
    var empty: [UInt8] = []
    wipe(&empty)
    #expect(empty.isEmpty)
  }

  @Test("secret bytes hold a copy")
  func holdsCopy() {
    var bytes: [UInt8] = [9, 8, 7]
    let secret = SecretBytes(bytes.span)
    wipe(&bytes)
    #expect(secret.count == 3)
    #expect(secret.withBytes { Array($0) } == [9, 8, 7])
  }

  @Test("random bytes have the length asked for and do not repeat")
  func random() throws {
    #expect(try Random.bytes(0).isEmpty)
    let samples = try Set((0..<1000).map { _ in try Random.bytes(16) })
    #expect(samples.count == 1000)
    #expect(samples.allSatisfy { $0.count == 16 })
    // Each of the 128 bits is set about half of the time: 1000 draws stay within 8 sigma.
    for bit in 0..<128 {
      let count = samples.count { $0[bit / 8] >> UInt8(bit % 8) & 1 == 1 }
      #expect((374...626).contains(count))
    }
    #expect(try Random.token().utf8.count == 43)
  }
}
