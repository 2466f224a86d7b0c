import Core
import Loop
import Postgres

/// Brings all secrets under the vault's first key while others read and write them.
///
/// How far it is stands in the secrets themselves: stopped at any moment, it goes on where it was. A
/// secret that is put in meanwhile is left as it was put in, and looked at again.
@Loop
final class Rotation {
  private let vault: Vault
  private let database: any Querying
  private let batch: Int
  /// How many secrets were brought under the key.
  private(set) var rotated = 0
  /// What could not be opened, by name; it stays as it is.
  private(set) var failures: [String] = []

  init(_ vault: Vault, _ database: any Querying, batch: Int) {
    self.vault = vault
    self.database = database
    self.batch = batch
  }

  /// - Parameter progress: called after each batch.
  func run(progress: @Loop () -> Void = {}) async throws {
    while true {
      let before = rotated
      failures = []
      let seen = try await pass(progress)
      // What others had locked, or put in under another key meanwhile, is still to be done.
      if seen == failures.count { return }
      if rotated == before { try await Loop.sleep(for: .milliseconds(100)) }
    }
  }

  /// Once through the table, in the order of ids; returns how many were not under the key.
  private func pass(_ progress: @Loop () -> Void) async throws -> Int {
    var last: UUID?
    var seen = 0
    while true {
      let secrets = try await database.all(
        "select * from vault.to_rotate(\(vault.newestKeyID), \(last), \(Int32(batch)))",
        as: SealedSecret.self
      )
      guard let end = secrets.last else { return seen }
      last = end.id
      seen += secrets.count
      var ids: [UUID] = []
      var known: [String] = []
      var made: [String] = []
      for secret in secrets {
        do {
          made.append(try vault.resealed(secret).sealed)
          ids.append(secret.id)
          known.append(secret.sealed)
        } catch {
          failures.append("\(secret.name.isEmpty ? "\(secret.id)" : secret.name): \(error)")
        }
      }
      rotated += try await database.one(
        "select vault.rotate(\(ids), \(known), \(made))",
        as: Int.self
      )
      progress()
    }
  }
}
