/// Makes `x-streamvibe-client`, by which a service knows the client's address and that the
/// dispatcher vouches for it: `<ip>;t=<unix seconds>;v1=<hex HMAC-SHA-256 of "<ip>;t=<…>">`.
struct ClientSeal {
  private let key: MessageKey
  private var sealed: AddressText?
  private var second = 0
  private var value: [UInt8] = []

  init(key: some Collection<UInt8>) {
    self.key = MessageKey(key)
  }

  /// - Parameter now: Unix time.
  /// - Returns: the field's value; made anew only for another address or second.
  mutating func seal(_ address: AddressText, now: Int) -> [UInt8] {
    if now == second, sealed == address { return value }
    (sealed, second) = (address, now)
    value.removeAll(keepingCapacity: true)
    address.withBytes { value.append(contentsOf: $0) }
    value.append(contentsOf: ";t=\(now)".utf8)
    let code = key.code(of: value)
    value.append(contentsOf: ";v1=".utf8)
    for index in code.indices {
      value.append(Self.digit(code[index] >> 4))
      value.append(Self.digit(code[index] & 0xF))
    }
    return value
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }
}
