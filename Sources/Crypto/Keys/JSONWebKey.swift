internal import COpenSSL

/// The members of one JSON Web Key (RFC 7517), checked for what they share.
struct JSONWebKey {
  private static let privateMembers: [StaticString] = ["d", "p", "q", "dp", "dq", "qi", "oth"]

  /// The key type decides the algorithm; `alg` may only say the same.
  let algorithm: Algorithm
  /// Nil when the key has no name.
  let keyID: String?
  private var object: JSONObject

  /// - Parameter operation: `verify` or `sign`; when the key has `key_ops`, it must be among them.
  init(_ object: consuming JSONObject, for operation: String) throws(CryptoError) {
    switch try Self.string("kty", in: object) {
    case "EC"?: algorithm = .es256
    case "RSA"?: algorithm = .rs256
    case "oct"?: algorithm = .hs256
    default: throw .invalidKey("kty is not EC, RSA or oct")
    }
    if let name = try Self.string("alg", in: object), name != algorithm.rawValue {
      throw .invalidKey("alg is not \(algorithm.rawValue)")
    }
    if let use = try Self.string("use", in: object), use != "sig" {
      throw .invalidKey("use is not sig")
    }
    if let name = try Self.string("kid", in: object) {
      guard let keyID = KeyID.checked(name) else {
        throw .invalidKey("kid is not 1 to 64 letters of A-Z a-z 0-9 _ -")
      }
      self.keyID = keyID
    } else {
      keyID = nil
    }
    try Self.check(object["key_ops"], names: operation, in: object)
    self.object = object
  }

  /// Whether it holds a secret part of a key pair.
  var isPrivate: Bool { Self.privateMembers.contains { object[$0] != nil } }

  /// Overwrites the text that it was read from.
  mutating func wipe() {
    object.wipe()
  }

  /// The point of a P-256 key, uncompressed: 4, x and y in 65 bytes.
  func point() throws(CryptoError) -> [UInt8] {
    guard try Self.string("crv", in: object) == "P-256" else {
      throw .invalidKey("crv is not P-256")
    }
    let x = try bytes("x")
    let y = try bytes("y")
    guard x.count == 32, y.count == 32 else { throw .invalidKey("x and y do not have 32 bytes") }
    return [4] + x + y
  }

  /// A member in base64url, which is the caller's to wipe when it is secret.
  func bytes(_ name: StaticString) throws(CryptoError) -> [UInt8] {
    guard case .string(let text)? = object[name],
      let bytes = Base64URL.decode(object.bytes.span.extracting(text.range)), !bytes.isEmpty
    else { throw .invalidKey("\(name) is missing or not base64url") }
    return bytes
  }

  private static func string(
    _ name: StaticString,
    in object: JSONObject
  ) throws(CryptoError) -> String? {
    switch object[name] {
    case nil: nil
    case .string(let text)?: object.string(text)
    default: throw .invalidKey("\(name) is not a string")
    }
  }

  private static func check(
    _ operations: JSONValue?,
    names operation: String,
    in object: JSONObject
  ) throws(CryptoError) {
    guard let operations else { return }
    guard case .array(let range) = operations, let names = try? object.elements(at: range),
      names.contains(where: {
        if case .string(let name) = $0 { object.holds(name, exactly: operation) } else { false }
      })
    else { throw .invalidKey("key_ops has no \(operation)") }
  }
}
