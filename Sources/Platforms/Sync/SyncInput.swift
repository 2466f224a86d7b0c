package import Core
package import Postgres

/// What the functions sync-* take.
package struct SyncInput: Owned {
  /// The caller's only account on the platform when it is not given.
  package var socialAccountId: UUID?
  /// How many of the newest are read; 50 when it is not given.
  package var maxResults: Int?
  /// The whole listing is read, however long it is.
  package var full: Bool?
  package var async: Bool?

  package func validate(_ checks: inout Checks) {
    checks.range(of: maxResults, "max_results", in: 1...500)
  }

  package var owner: SQL? {
    socialAccountId.map {
      "select user_id from public.social_account where id = \($0) and deleted_at is null"
    }
  }
}

/// What the functions sync-* answer.
package struct SyncOutput: Codable, Sendable, Equatable {
  /// What was read and is now stored: new, updated and unchanged.
  package var syncedCount: Int
  package var newItems: Int
  package var updatedItems: Int
  /// What could not be read, and what is another account's.
  package var failedCount: Int
  /// What is gone from the platform.
  package var deletedItems: Int
  /// What the account has.
  package var totalCount: Int
  package var nextSyncAt: Timestamp?
  package var quota: Quota

  package struct Quota: Codable, Sendable, Equatable {
    package var used: Int
    package var limit: Int
  }
}
