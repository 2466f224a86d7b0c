import JSON
import Postgres

extension JSON {
  /// A count: a whole number, or one in a string, of up to 64 bits without sign; what exceeds the
  /// database's range is cut to it.
  var count: Int? {
    guard let text = scalar, let number = UInt64(text) else { return nil }
    return Int(clamping: number)
  }

  /// RFC 3339, also with `+0000` for a zone as Instagram writes it; from 1970 to 9999.
  var moment: Timestamp? {
    guard let moment = text.flatMap({ Timestamp($0) }),
      (0..<253_402_300_800).contains(moment.unixSeconds)
    else { return nil }
    return moment
  }

  /// The id of an item: text, or a number's digits; never empty, and short enough for an index.
  var itemID: String? {
    guard let text = scalar, (1...255).contains(text.utf8.count),
      text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { return nil }
    return text
  }
}
