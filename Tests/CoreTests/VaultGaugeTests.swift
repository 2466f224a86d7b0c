import Core
import Loop
import Telemetry
import TestSupport
import Testing

/// One that a schedule would call.
struct RefreshAll: EdgeFunction {
  static let policy = Policy(.post)
  static let summary = "Refreshes."
  static let settings = Setting.vault

  struct Output: Codable {}

  static func handle(_ input: NoInput, _ call: Call<ServiceRole>) async throws -> Output {
    Output()
  }
}

@Suite("The vault's age")
struct VaultGaugeTests {
  @Test("is in the metrics of a function of the service role that has the keys")
  func isShown() async throws {
    let template = TestDatabase.Template(on: TestServer.migrated) { url in
      try await TestCluster.psql(
        url,
        """
        set role streamvibe_owner;
        select vault.put_sealed(
          gen_random_uuid(), 'old', 'v1.k1.' || repeat('a', 80) || '.' || repeat('b', 60)
        );
        update vault.secrets set set_at = now() - interval '100 days';
        """
      )
    }
    try await TestServer.with(
      FunctionResponder<RefreshAll>.self,
      login: "edge_service",
      settings: ["VAULT_KEYS": TestVault.keys],
      template: template
    ) { _ in
      var seen = (secrets: 0.0, days: 0.0)
      for _ in 0..<100 where seen.secrets == 0 {
        try await Task.sleep(for: .milliseconds(20))
        seen = try await onLoop {
          (
            Metrics.shared.gauge("vault_secrets", "").value,
            Metrics.shared.gauge("vault_oldest_secret_age_seconds", "").value / 86400
          )
        }
      }
      #expect(seen.secrets == 1)
      #expect(seen.days >= 100 && seen.days < 100.1)
    }
  }
}
