import HTTP
import Loop

extension Run {
  func answer(_ row: ResultRow, _ written: Work.Written) -> Answer {
    let method = work.intake.method
    var answer = Answer(status(of: row, written))
    if written.hasBody {
      answer.media = work.intake.media
      answer.body = row.body
    }
    let total = work.intake.preferences.count == nil ? nil : row.page
    if method != .put {
      let shown = method == .patch ? row.page : 0
      let range = ContentRange.text(offset: 0, count: shown, total: total)
      answer.headers.append(("content-range", range))
    }
    if written.locates, row.page == 1 {
      let location = Location.text(written.relation, row.location)
      answer.headers.append(("location", location))
    }
    return answer
  }

  private func status(of row: ResultRow, _ written: Work.Written) -> Int {
    switch work.intake.method {
    case .post:
      guard let resolution = written.resolution else { return 201 }
      let inserted = resolution == .merge ? row.inserted ?? 0 : row.page
      return inserted > 0 ? 201 : 200
    case .put:
      if (row.inserted ?? 0) > 0 { return 201 }
      return written.hasBody ? 200 : 204
    default: return written.hasBody ? 200 : 204
    }
  }
}

/// `location` of a new row: `/orders?id=eq.5`.
private enum Location {
  static func text(_ relation: Relation, _ key: [String?]) -> String {
    let pairs = zip(relation.primaryKey, key).map { name, value in
      "\(encode(name))=\(value.map { "eq.\(encode($0))" } ?? "is.null")"
    }
    return "/\(encode(relation.name.name))?\(pairs.joined(separator: "&"))"
  }

  private static func encode(_ text: String) -> String {
    var encoded = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
        UInt8(ascii: "."), UInt8(ascii: "~"):
        encoded.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        encoded += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return encoded
  }
}
