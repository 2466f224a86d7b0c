/// Makes `x-streamvibe-client`, by which a service knows the client's address and that the
/// dispatcher vouches for it: `<ip>;t=<unix seconds>;v1=<hex HMAC-SHA-256 of "<ip>;t=<…>">`.
struct ClientSeal {
  private struct Entry {
    var address: AddressText
    var second: Int
    var value: [UInt8]
  }

  /// How many addresses' values are kept: each for its second, and until another address takes its
  /// place.
  private static let places = 256

  private let key: MessageKey
  private var entries = [Entry?](repeating: nil, count: places)

  init(key: some Collection<UInt8>) {
    self.key = MessageKey(key)
  }

  /// - Parameter now: Unix time.
  /// - Returns: the field's value.
  mutating func seal(_ address: AddressText, now: Int) -> [UInt8] {
    let place = address.hash % Self.places
    if let entry = entries[place], entry.second == now, entry.address == address {
      return entry.value
    }
    var value: [UInt8] = []
    address.withBytes { value.append(contentsOf: $0) }
    value.append(contentsOf: ";t=\(now)".utf8)
    let code = key.code(of: value)
    value.append(contentsOf: ";v1=".utf8)
    for index in code.indices {
      value.append(ByteBuffer.hexadecimalDigit(Int(code[index]) >> 4))
      value.append(ByteBuffer.hexadecimalDigit(Int(code[index])))
    }
    entries[place] = Entry(address: address, second: now, value: value)
    return value
  }
}
