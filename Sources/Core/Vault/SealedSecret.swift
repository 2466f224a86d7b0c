package import Postgres

/// A secret as the database has it; it opens for the id and the name it was sealed with alone.
package struct SealedSecret: Codable, Equatable, Sendable {
  package let id: UUID
  package let name: String
  /// `v1.<key id>.<data key>.<secret>`, or `p1.…` where it came in plain (see 090_vault.sql).
  package let sealed: String

  package init(id: UUID, name: String, sealed: String) {
    self.id = id
    self.name = name
    self.sealed = sealed
  }

  /// The master key that opens it; nil when this is no sealed text.
  package var keyID: String? {
    let parts = parts
    return parts.count == 4 ? String(parts[1]) : nil
  }

  /// Whether it came in plain and waits to be sealed by a process.
  package var isTakenIn: Bool { sealed.hasPrefix("p1.") }

  var parts: [Substring] { sealed.split(separator: ".", omittingEmptySubsequences: false) }
}

/// Why a secret can't be had. No case holds any of it.
package enum VaultError: Error, Equatable, CustomStringConvertible {
  /// VAULT_KEYS does not have the key that it was sealed under.
  case unknownKey(String)
  /// It was changed, was sealed for another row, or under another key of the same id.
  case notAuthentic
  /// The text is not of a form that this version reads.
  case unknownForm

  package var description: String {
    switch self {
    case .unknownKey(let id): "the vault's key \(id) is not in VAULT_KEYS"
    case .notAuthentic: "the secret was changed, moved, or sealed under another key of that id"
    case .unknownForm: "the secret is not sealed in a form that is known here"
    }
  }
}
