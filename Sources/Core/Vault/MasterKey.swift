import Crypto
import Glibc

/// What data keys are wrapped with; lives in the process's settings, and never in the database.
struct MasterKey: Sendable {
  /// `[a-z0-9_-]`, 32 at most: it stands in what is sealed.
  let id: String
  /// 32 of them.
  let bytes: [UInt8]

  /// - Parameter list: `id:base64` with commas or line breaks between.
  /// - Throws: ``ConfigurationError``, which holds nothing of a key.
  static func all(in list: String) throws(ConfigurationError) -> [MasterKey] {
    var keys: [MasterKey] = []
    for entry in list.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
      guard let colon = entry.firstIndex(of: ":") else {
        throw ConfigurationError("VAULT_KEYS: a key is written id:base64")
      }
      let id = String(entry[..<colon])
      let text = Array(entry[entry.index(after: colon)...].utf8)
      guard isID(id) else {
        throw ConfigurationError("VAULT_KEYS: an id has 1 to 32 of a-z, 0-9, _ and -")
      }
      guard let bytes = Base64.decode(text.span), bytes.count == AESGCM.keyLength else {
        throw ConfigurationError("VAULT_KEYS: the key \(id) is not the base64 of 32 bytes")
      }
      guard !keys.contains(where: { $0.id == id }) else {
        throw ConfigurationError("VAULT_KEYS: the key \(id) is there twice")
      }
      keys.append(MasterKey(id: id, bytes: bytes))
    }
    return keys
  }

  static func isID(_ text: String) -> Bool {
    (1...32).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        switch $0 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
          UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}

extension MasterKey: CustomStringConvertible, CustomReflectable {
  var description: String { id }
  var customMirror: Mirror { Mirror(self, children: ["id": id]) }
}

extension Configuration {
  /// Those of VAULT_KEYS, or of the file that VAULT_KEYS_FILE names; none when neither is set.
  ///
  /// - Throws: ``ConfigurationError``
  func masterKeys() throws(ConfigurationError) -> [MasterKey] {
    if let list = self[.vaultKeys] { return try MasterKey.all(in: list) }
    guard let path = self[.vaultKeysFile] else { return [] }
    guard let file = fopen(path, "r") else {
      throw ConfigurationError("VAULT_KEYS_FILE can't be read: \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 65536)
    defer { wipe(&bytes) }
    let count = fread(&bytes, 1, bytes.count, file)
    return try MasterKey.all(in: String(decoding: bytes.prefix(count), as: UTF8.self))
  }
}
