package import Core
import HTTP
import Loop
package import Postgres
import Telemetry

/// What one run of refresh-oauth-tokens did.
package struct RefreshReport: Codable, Sendable {
  /// How many connections had a credential that would have run out.
  package var checked: Int
  package var refreshed: Int
  package var failed: [Failed]
  /// How many grants were ended of which their platforms had yet to be told.
  package var revoked: Int

  package struct Failed: Codable, Sendable {
    package var connectionId: UUID
    package var code: String
    /// Whether the next run tries it again; else its owner must link the account again.
    package var retryable: Bool
  }
}

extension Call where Who == ServiceRole {
  /// Refreshes what would run out unused, eight at a time; then tells platforms of grants that are
  /// over, and goes on with deletions that they asked for.
  package func refreshTokens(within hours: Int) async throws -> RefreshReport {
    let vault = try Vault(configuration)
    let due: [LinkedAccount] = try await database.all(
      "select * from internal.due_refreshes(\("\(hours) hours")::text::interval, 500)"
    )
    var report = RefreshReport(checked: due.count, refreshed: 0, failed: [], revoked: 0)
    let store = TokenStore(database, vault)
    await withTaskGroup(of: RefreshReport.Failed?.self) { group in
      var waiting = due.makeIterator()
      for _ in 0..<8 {
        guard let next = waiting.next() else { break }
        group.addTask { await refresh(next, store) }
      }
      while let failed = await group.next() {
        if let failed { report.failed.append(failed) } else { report.refreshed += 1 }
        if let next = waiting.next() { group.addTask { await refresh(next, store) } }
      }
    }
    for revocation in try await Revocation.due(database, vault) {
      guard let oauth = try? await oauth(revocation.platform) else { continue }
      if await revocation.attempt(oauth, database, vault) { report.revoked += 1 }
    }
    await DataDeletions.carryOn(database, for: .seconds(30))
    return report
  }

  private func refresh(
    _ account: LinkedAccount,
    _ store: TokenStore
  ) async -> RefreshReport.Failed? {
    do {
      try await ConnectionTokens(account, store: store) { try await oauth(account.platform) }
        .renew()
      return nil
    } catch {
      Log.warning("tokens could not be refreshed") { line in
        line.add("connection", account.connectionId.description)
        line.add("platform", account.platform.rawValue)
        line.add("error", error: error)
      }
      let failure = Failure(error)
      return RefreshReport.Failed(
        connectionId: account.connectionId,
        code: failure.code.rawValue,
        retryable: (error as? PlatformFailure)?.endsConnection != true
      )
    }
  }
}
