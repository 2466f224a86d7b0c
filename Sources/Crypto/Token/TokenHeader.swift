/// The header of a token in compact form (RFC 7515 §4).
struct TokenHeader {
  /// Members by which a token would name its own key or change how it is signed (RFC 8725 §3.10,
  /// RFC 7797). `crit` is refused whole: no extension is understood here.
  private static let refused: [StaticString] = ["crit", "jku", "x5u", "x5c", "jwk", "b64"]
  private static let types = ["JWT", "at+jwt"]

  /// `alg`, which must fit the key that `keyID` names.
  let algorithm: Algorithm
  /// Nil when the header has none; else 1…64 letters of `A–Z a–z 0–9 _ -`.
  let keyID: String?

  /// - Throws: `json` or `header`, naming the member that is at fault.
  init(_ json: [UInt8]) throws(TokenError) {
    let object: JSONObject
    do {
      object = try JSONObject(json, limits: .init(members: 16, depth: 4))
    } catch { throw .json(error) }
    for name in Self.refused where object[name] != nil { throw .header("\(name)") }
    guard case .string(let name)? = object["alg"],
      let algorithm = Algorithm.allCases.first(where: { object.holds(name, exactly: $0.rawValue) })
    else { throw .header("alg") }
    self.algorithm = algorithm
    switch object["typ"] {
    case nil: break
    case .string(let type)?:
      guard Self.types.contains(where: { object.holds(type, exactly: $0) }) else {
        throw .header("typ")
      }
    default: throw .header("typ")
    }
    switch object["kid"] {
    case nil: keyID = nil
    case .string(let text)?:
      guard let keyID = KeyID.checked(object.string(text)) else { throw .header("kid") }
      self.keyID = keyID
    default: throw .header("kid")
    }
  }
}

/// How keys are named, in tokens and in key sets.
enum KeyID {
  /// The name when it may be one: 1…64 letters of `A–Z a–z 0–9 _ -`, so that it is harmless in a
  /// file name, a statement or a log line.
  static func checked(_ name: String) -> String? {
    guard (1...64).contains(name.utf8.count) else { return nil }
    let isPlain = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    return isPlain ? name : nil
  }
}
