import HTTP
import JSON

/// What nobody expects of a platform that answers 200.
enum Hostility: String, Sendable, CaseIterable {
  /// Many megabytes before the answer's own members.
  case huge
  /// A page in place of JSON.
  case html
  /// No body at all.
  case empty
  /// JSON that ends in its midst.
  case truncated
  /// Bytes that are no UTF-8.
  case notUTF8 = "not_utf8"
  /// A hundred thousand lists in each other.
  case deep
  /// A list where an object belongs.
  case list
  /// The first item's texts are numbers, its numbers texts, its flags lists.
  case wrongTypes = "wrong_types"
  /// The first item holds nothing.
  case missingFields = "missing_fields"
  /// The first item has everything but its id.
  case missingID = "missing_id"
  /// The first item's values are null.
  case nulls
  /// The first item stands there twice.
  case duplicateIDs = "duplicate_ids"
  /// The next page is always the first.
  case endless
  /// The first item's numbers are larger than any integer.
  case hugeNumbers = "huge_numbers"
  /// The first item's numbers are below zero.
  case negativeNumbers = "negative_numbers"
  /// The first item's texts are a megabyte long.
  case longText = "long_text"
  /// The first item's texts hold U+0000.
  case nul
  /// The first item's texts hold half a character.
  case loneSurrogate = "lone_surrogate"
  /// The first item's times are none.
  case badTimes = "bad_times"

  func apply(to response: Response, of call: PlatformCall, megabytes: Int) -> Response {
    guard response.status == 200, case .bytes(let bytes) = response.body,
      let json = try? JSON(parsing: bytes)
    else { return response }
    var response = response
    switch self {
    case .huge: response.body = Self.huge(bytes, megabytes)
    case .html:
      response.headers.removeAll { $0.name.description == "content-type" }
      response.headers.append(("content-type", "text/html; charset=utf-8"))
      response.body = .bytes(Array("<!doctype html><title>Sign in</title><p>Please sign in.".utf8))
    case .empty: response.body = .empty
    case .truncated: response.body = .bytes(Array(bytes.prefix(bytes.count * 2 / 3)))
    case .notUTF8: response.body = .bytes(Self.replacing("\":\"", "\":\"\u{FF}", bytes))
    case .deep:
      let (open, close) = (Array("[".utf8), Array("]".utf8))
      let levels = 100_000
      response.body = .bytes(
        [UInt8](Array(repeating: open, count: levels).joined())
          + [UInt8](Array(repeating: close, count: levels).joined())
      )
    case .list: response.body = .bytes(JSON.array([json]).bytes)
    case .nul: response.body = .bytes(Self.text("\\u0000", json, call))
    case .loneSurrogate: response.body = .bytes(Self.text("\\ud83c", json, call))
    case .endless: response.body = .bytes(Paging.endless(json, of: call).bytes)
    default: response.body = .bytes(Paging.changingItems(json) { change($0) }.bytes)
    }
    return response
  }

  /// What becomes of the items of a page.
  private func change(_ items: [JSON]) -> [JSON] {
    guard let first = items.first else { return items }
    switch self {
    case .duplicateIDs: return items + [first]
    case .missingFields: return [[:]] + items.dropFirst()
    case .nulls: return [first.mappingLeaves { _ in .null }] + items.dropFirst()
    default: return [changed(first)] + items.dropFirst()
    }
  }

  private func changed(_ item: JSON) -> JSON {
    switch self {
    case .wrongTypes:
      item.mappingLeaves { leaf in
        switch leaf {
        case .string: 12
        case .number: "many"
        case .bool: []
        default: leaf
        }
      }
    case .missingID: item.without(["id", "videoId", "resourceId"])
    case .hugeNumbers: item.mappingNumbers("99999999999999999999999999")
    case .negativeNumbers: item.mappingNumbers("-5")
    case .longText:
      item.mappingLeaves {
        if case .string(let text) = $0, !text.allSatisfy(\.isNumber) {
          .string(String(repeating: "long ", count: 200_000))
        } else {
          $0
        }
      }
    case .badTimes:
      item.mappingMembers { name, value in
        ["publishedAt", "videoPublishedAt", "timestamp", "create_time"].contains(name)
          ? (value.isNumber ? -99_999_999_999_999 : "2026-13-45T99:99:99Z") : value
      }
    default: item
    }
  }

  /// The answer with an escape at the beginning of each of the first item's texts, which no parser
  /// of ours would take.
  private static func text(_ escape: String, _ json: JSON, _ call: PlatformCall) -> [UInt8] {
    let mark = "\u{E000}mark"
    let marked = Paging.changingItems(json) { items in
      guard let first = items.first else { return items }
      let change = first.mappingMembers { name, value in
        guard case .string(let text) = value, ["title", "caption", "description"].contains(name)
        else { return value }
        return .string(mark + text)
      }
      return [change] + items.dropFirst()
    }
    return replacing(mark, escape, marked.bytes)
  }

  /// U+00FF stands for the byte.
  private static func replacing(_ old: String, _ new: String, _ bytes: [UInt8]) -> [UInt8] {
    let old = Array(old.utf8)
    let new = new.unicodeScalars.flatMap {
      $0.value == 0xFF ? [UInt8(0xFF)] : Array(String($0).utf8)
    }
    var made: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index...].starts(with: old) {
        made += new
        index += old.count
      } else {
        made.append(bytes[index])
        index += 1
      }
    }
    return made
  }

  /// In pieces, so that nobody here holds it whole.
  private static func huge(_ bytes: [UInt8], _ megabytes: Int) -> Response.Body {
    let start = Array("{\"padding\":\"".utf8)
    let end = Array("\",".utf8) + bytes.dropFirst()
    let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 16)
    let count = megabytes << 4
    return .stream(length: start.count + count * piece.count + end.count) { writer in
      try await writer.write(start)
      for _ in 0..<count { try await writer.write(piece) }
      try await writer.write(end)
    }
  }
}
