import Crypto
package import Postgres

extension UUID {
  /// Version 4; unguessable.
  package static func random() throws -> UUID {
    let bytes = try Random.bytes(16)
    let halves = [0, 8].map { start in
      bytes[start..<start + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
    return UUID(
      high: halves[0] & 0xFFFF_FFFF_FFFF_0FFF | 0x4000,
      low: halves[1] & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    )
  }
}
