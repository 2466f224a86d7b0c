import Crypto
package import Postgres

extension MasterKey {
  /// What plain secrets are sealed to in the database, until a process with the master key has them.
  func intake() throws(CryptoError) -> IntakeKey {
    try IntakeKey(derivedFrom: bytes.span)
  }
}

extension Vault {
  /// The statement that tells the database which keys there are, and that what comes in plain is
  /// sealed for the first: once for each change of VAULT_KEYS, as the vault's owner.
  package func registration() throws -> SQL {
    let ids = keys.map(\.id)
    let halves = try keys.map { key in
      let half = try key.intake().publicKey()
      return Hex.encode(half.span)
    }
    return """
      select vault.note_keys(
          \(ids),
          array(
              select decode(h.half, 'hex')
              from unnest(\(halves)) with ordinality as h (half, place)
              order by h.place
          )
      )
      """
  }

  /// Opens what vault.sealed_to_intake sealed: the row's id and its name, with that one's length
  /// before it, stand before the secret.
  ///
  /// - Throws: ``VaultError``
  func openTakenIn(_ secret: SealedSecret) throws -> Secret {
    let parts = secret.parts
    guard parts.count == 4, let message = Base64URL.decode(parts[3].utf8Bytes.span) else {
      throw VaultError.unknownForm
    }
    let key = try key(parts[1])
    var plain = try Self.authentic { () throws(CryptoError) in
      try key.intake().open(message.span)
    }
    defer { wipe(&plain) }
    let row = Array("\(secret.id)\n\(secret.name.utf8.count)\n\(secret.name)".utf8)
    guard plain.starts(with: row) else { throw VaultError.notAuthentic }
    return Secret(Array(plain[row.count...]))
  }
}
