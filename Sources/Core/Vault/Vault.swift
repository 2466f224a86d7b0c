import Crypto
package import Postgres

/// Seals and opens the secrets of the database.
///
/// Each secret has a data key of its own, which is wrapped by a master key that the database does
/// not know. The id and the name of its row are authenticated with both, so that a text that was
/// put into another row does not open.
package struct Vault: Sendable {
  private static let secretLabel = "streamvibe vault secret 1"
  private static let keyLabel = "streamvibe vault data key 1"

  /// At least one; the first seals.
  let keys: [MasterKey]

  /// The id of the key that seals.
  package var newestKeyID: String { keys[0].id }

  /// - Throws: ``Failure`` with NOT_CONFIGURED when there are no keys, ``ConfigurationError`` when
  ///   they can't be read.
  package init(_ configuration: Configuration) throws {
    try self.init(keys: configuration.masterKeys())
  }

  init(keys: [MasterKey]) throws {
    guard !keys.isEmpty else { throw Failure.notConfigured(Setting.vaultKeys.name) }
    self.keys = keys
  }

  /// - Parameters:
  ///   - id: of its row; a new one, when it is nil.
  ///   - name: what it will be asked for by.
  package func seal(_ plain: [UInt8], id: UUID? = nil, name: String) throws -> SealedSecret {
    let id = try id ?? UUID.random()
    var dataKey = try Random.bytes(AESGCM.keyLength)
    defer { wipe(&dataKey) }
    let context = Self.context(Self.secretLabel, id, "", name)
    let secret = try AESGCM(key: dataKey.span).seal(plain.span, context: context.span)
    return try wrapped(dataKey, secret: Base64URL.encode(secret.span), id: id, name: name)
  }

  /// - Throws: ``VaultError``
  package func open(_ secret: SealedSecret) throws -> Secret {
    guard !secret.isTakenIn else { return try openTakenIn(secret) }
    var dataKey = try dataKey(of: secret)
    defer { wipe(&dataKey) }
    guard let sealed = Base64URL.decode(secret.parts[3].utf8Bytes.span) else {
      throw VaultError.unknownForm
    }
    let context = Self.context(Self.secretLabel, secret.id, "", secret.name)
    return Secret(
      try Self.authentic { () throws(CryptoError) in
        try AESGCM(key: dataKey.span).open(sealed.span, context: context.span)
      }
    )
  }

  /// The same secret under the first key, for `internal.reseal_secret` or a rotation; what a process
  /// sealed is not opened for that.
  ///
  /// - Throws: ``VaultError``
  package func resealed(_ secret: SealedSecret) throws -> SealedSecret {
    guard !secret.isTakenIn else {
      return try seal(openTakenIn(secret).bytes, id: secret.id, name: secret.name)
    }
    var dataKey = try dataKey(of: secret)
    defer { wipe(&dataKey) }
    return try wrapped(
      dataKey,
      secret: String(secret.parts[3]),
      id: secret.id,
      name: secret.name
    )
  }

  private func wrapped(
    _ dataKey: [UInt8],
    secret: String,
    id: UUID,
    name: String
  ) throws -> SealedSecret {
    let key = keys[0]
    let context = Self.context(Self.keyLabel, id, key.id, name)
    let wrapped = try AESGCM(key: key.bytes.span).seal(dataKey.span, context: context.span)
    let sealed = "v1.\(key.id).\(Base64URL.encode(wrapped.span)).\(secret)"
    return SealedSecret(id: id, name: name, sealed: sealed)
  }

  private func dataKey(of secret: SealedSecret) throws -> [UInt8] {
    let parts = secret.parts
    guard parts.count == 4, parts[0] == "v1",
      let wrapped = Base64URL.decode(parts[2].utf8Bytes.span)
    else { throw VaultError.unknownForm }
    let key = try key(parts[1])
    let context = Self.context(Self.keyLabel, secret.id, key.id, secret.name)
    let dataKey = try Self.authentic { () throws(CryptoError) in
      try AESGCM(key: key.bytes.span).open(wrapped.span, context: context.span)
    }
    guard dataKey.count == AESGCM.keyLength else { throw VaultError.unknownForm }
    return dataKey
  }

  func key(_ id: Substring) throws(VaultError) -> MasterKey {
    guard let key = keys.first(where: { $0.id == id }) else { throw .unknownKey(String(id)) }
    return key
  }

  static func authentic(
    _ body: () throws(CryptoError) -> [UInt8]
  ) throws -> [UInt8] {
    do {
      return try body()
    } catch .authenticationFailed {
      throw VaultError.notAuthentic
    }
  }

  /// Only the name may hold the separator, and it comes last.
  private static func context(
    _ label: String,
    _ id: UUID,
    _ keyID: String,
    _ name: String
  ) -> [UInt8] {
    Array("\(label)\0\(id)\0\(keyID)\0\(name)".utf8)
  }
}

extension Substring {
  var utf8Bytes: [UInt8] { Array(utf8) }
}
