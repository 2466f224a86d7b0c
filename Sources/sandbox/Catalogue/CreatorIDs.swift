/// A creator's ids on its platform, and its items' ids, which hold the creator's number and the
/// item's index.
struct CreatorIDs: Sendable {
  private static let instagramBase = 17_900_000_000_000_000
  private static let tiktokBase: UInt64 = 7_000_000_000_000_000_000

  /// YouTube's channel, Instagram's professional account (a number over 2^53), TikTok's open_id.
  let account: String
  /// The Google account, Instagram's id of the account for this application, TikTok's union_id.
  let person: String
  private let platform: Platform
  private let number: Int
  private let isHuge: Bool

  init(_ profile: CreatorProfile, number: Int) {
    platform = profile.platform
    self.number = number
    isHuge = profile.shape == .hugeIDs
    var random = SeededRandom(seed: SeededRandom.mixed(profile.seed) &+ UInt64(number))
    let digits = Array("0123456789")
    let hex = Array("0123456789abcdef")
    switch profile.platform {
    case .youtube:
      account = "UC" + random.text(22, of: SeededRandom.base64URL)
      person = "1" + random.text(20, of: digits)
    case .instagram:
      account = String(17_841_400_000_000_000 + number)
      person = String(7_000_000_000_000_000 + random.number(in: 0...999_999_999_999))
    case .tiktok:
      account = "-000" + random.text(32, of: SeededRandom.base64URL)
      person = [8, 4, 4, 4, 12].map { random.text($0, of: hex) }.joined(separator: "-")
    }
  }

  /// YouTube's playlist of what a channel has uploaded, or of some of it: UU, UUSH, UULF, UULV.
  func playlist(_ prefix: String) -> String { prefix + account.dropFirst(2) }

  /// - Parameter child: of a carousel, from 1.
  func item(_ index: Int, child: Int = 0) -> String {
    switch platform {
    case .youtube: Self.videoID(UInt64(number) << 32 | UInt64(index))
    case .instagram: String(Self.instagramBase + number * 1_000_000_000 + index * 100 + child)
    case .tiktok:
      (isHuge ? "1" : "")
        + String(Self.tiktokBase + UInt64(number) * 10_000_000_000 + UInt64(index))
    }
  }

  /// Whose it is, and which: what ``item(_:child:)`` made an id of.
  static func parse(
    _ id: String,
    on platform: Platform
  ) -> (creator: Int, index: Int, child: Int)? {
    switch platform {
    case .youtube:
      guard let value = videoNumber(id) else { return nil }
      return (Int(value >> 32), Int(value & 0xFFFF_FFFF), 0)
    case .instagram:
      guard let value = Int(id), value >= instagramBase, value < instagramBase * 2 else {
        return nil
      }
      let rest = value - instagramBase
      return (rest / 1_000_000_000, rest % 1_000_000_000 / 100, rest % 100)
    case .tiktok:
      guard let value = UInt64(id.count == 20 ? String(id.dropFirst()) : id), value >= tiktokBase
      else { return nil }
      let rest = Int(value - tiktokBase)
      return (rest / 10_000_000_000, rest % 10_000_000_000, 0)
    }
  }

  // MARK: - Eleven characters

  /// Four rounds of a Feistel network, so that neighbours look nothing alike.
  private static func videoID(_ value: UInt64) -> String {
    var (left, right) = (UInt32(truncatingIfNeeded: value >> 32), UInt32(truncatingIfNeeded: value))
    for round in 0..<4 as Range<UInt64> { (left, right) = (right, left ^ scrambled(right, round)) }
    let mixed = UInt64(left) << 32 | UInt64(right)
    var text = ""
    for place in 0..<11 {
      let shift = 58 - 6 * place
      let digit = shift >= 0 ? mixed >> UInt64(shift) : mixed << UInt64(-shift)
      text.append(SeededRandom.base64URL[Int(digit & 63)])
    }
    return text
  }

  private static func videoNumber(_ id: String) -> UInt64? {
    guard id.utf8.count == 11 else { return nil }
    var mixed: UInt64 = 0
    for (place, character) in id.enumerated() {
      guard let digit = SeededRandom.base64URL.firstIndex(of: character) else { return nil }
      let shift = 58 - 6 * place
      if shift < 0, digit & 3 != 0 { return nil }
      mixed |= shift >= 0 ? UInt64(digit) << UInt64(shift) : UInt64(digit) >> UInt64(-shift)
    }
    var (left, right) = (UInt32(truncatingIfNeeded: mixed >> 32), UInt32(truncatingIfNeeded: mixed))
    for round in (0..<4 as Range<UInt64>).reversed() {
      (left, right) = (right ^ scrambled(left, round), left)
    }
    return UInt64(left) << 32 | UInt64(right)
  }

  private static func scrambled(_ half: UInt32, _ round: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: SeededRandom.mixed(UInt64(half) &+ (round + 1) << 40))
  }
}
