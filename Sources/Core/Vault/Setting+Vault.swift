extension Setting {
  package static let vaultKeys = Setting(
    "VAULT_KEYS",
    isSecret: true,
    "the vault's master keys, id:base64 of 32 bytes, comma-separated: the first seals, all open"
  )
  package static let vaultKeysFile = Setting(
    "VAULT_KEYS_FILE",
    "a file that holds what VAULT_KEYS would"
  )

  /// What a process reads that seals or opens secrets.
  package static let vault = [vaultKeys, vaultKeysFile]
}
