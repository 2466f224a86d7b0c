import Crypto

/// Where a page of media ends.
struct InstagramCursor: Sendable {
  let time: Int
  let index: Int

  /// Before everything.
  static let first = InstagramCursor(time: 4_102_444_800, index: 0).text

  var text: String { Base64URL.encode("QV\(time):\(index)".utf8.span) }

  init(time: Int, index: Int) {
    self.time = time
    self.index = index
  }

  /// Nil when it is none.
  init?(_ text: String) {
    guard let bytes = Base64URL.decode(text.utf8.span), bytes.starts(with: [0x51, 0x56]) else {
      return nil
    }
    let parts = String(decoding: bytes.dropFirst(2), as: UTF8.self).split(separator: ":")
    guard parts.count == 2, let time = Int(parts[0]), let index = Int(parts[1]) else { return nil }
    self.init(time: time, index: index)
  }
}
