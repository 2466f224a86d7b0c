import Core
import Loop
import Postgres
import TestSupport
import Testing

/// Secrets that went in every way, and where they are looked for afterwards.
@Suite("What went into the vault")
struct CanaryTests {
  private static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  /// As scripts/run sets its server up, with more logged and kept than usual.
  private static let settings = [
    "shared_preload_libraries = 'pg_stat_statements'", "pg_stat_statements.track = all",
    "pg_stat_statements.track_utility = off", "wal_level = logical", "full_page_writes = on",
    "log_min_duration_statement = 0", "log_parameter_max_length = 0", "log_lock_waits = on",
  ]

  @Test("is in no dump, no file of the database, no WAL, no log and no statistics")
  func isNowhere() async throws {
    let cluster = try await TestCluster.start(settings: Self.settings)
    let url = cluster.url()
    let migrate = Self.root + "/scripts/migrate"
    _ = try await ChildProcess.run([migrate, "--database-url", url])
    try await TestVault.noteKeys(url)

    try await putInBySQL(cluster)
    try await putInByProcesses(url)
    try await putInByHand(url)
    // The same search finds what was stored, logged and kept as it is.
    try await cluster.psql("create table control as select 'control-kept' as \"control-said\"")
    try await cluster.psql("select 'x' as \"control-said\"")
    try await use(url)
    try await cluster.psql("select pg_switch_wal(); checkpoint;")

    let count = try await cluster.psql(
      "select count(*) from vault.secrets where vault.form(secret) = 'v1'"
    )
    #expect(count.filter { !$0.isWhitespace } == "14")
    let found = try await ChildProcess.run(
      [
        "bash", "-c",
        """
        set -euo pipefail
        psql=$2; dump=${psql%psql}pg_dumpall; url=$3
        "$dump" -d "$url" >"$1/dump"
        "$psql" -XAt -d "$url" -c 'select query from extensions.pg_stat_statements' >"$1/statements"
        cp "$1/log" "$1/server.log"
        for place in dump statements server.log data/pg_wal data/base; do
          { grep -raoEh '(canary|control)-[a-z-]+' "$1/$place" || :; } | sort -u | sed "s|^|$place |"
        done
        """, "bash", cluster.directory, "/usr/lib/postgresql/15/bin/psql", url,
      ]
    )
    let lines = found.split(separator: "\n").map(String.init)
    #expect(lines.filter { $0.contains("canary") } == [])
    for place in [
      "dump control-kept", "data/pg_wal control-kept", "data/base control-kept",
      "server.log control-kept", "statements control-said",
    ] {
      #expect(lines.contains(place), "\(place)")
    }
  }

  private func putInBySQL(_ cluster: TestCluster) async throws {
    try await cluster.psql(
      """
      insert into vault.secrets (secret, name) values
        ('canary-insert', 'user_1_youtube_token'), ('canary-insert-too', 'user_1_tiktok_token')
      """
    )
    try await cluster.psql("select vault.create_secret('canary-create', 'B', 'words')")
    try await cluster.psql(
      """
      select vault.update_secret(id, 'canary-update-secret') from vault.secrets where name = 'B'
      """
    )
    try await cluster.psql("update vault.secrets set secret = 'canary-update' where name = 'B'")
    try await cluster.psql("do $$ begin perform vault.create_secret('canary-do', 'C'); end $$")
    try await cluster.psql("select vault.create_secret(repeat('canary-long ', 2000), 'D')")
    try await cluster.psql(
      """
      prepare put as insert into vault.secrets (secret, name) values ($1, $2);
      execute put ('canary-prepared', 'E')
      """
    )
    // A name that is taken, and a change that is refused: the statement of an error is logged.
    for wrong in [
      "insert into vault.secrets (secret, name) values ('canary-twice', 'B')",
      "select vault.create_secret('canary-twice', 'B')",
      "select vault.update_secret(gen_random_uuid(), 'canary-of-nobody')",
      "insert into vault.secrets (secret, name, description) values ('canary-null', 'F', null)",
    ] {
      await #expect(throws: (any Error).self) { _ = try await cluster.psql(wrong) }
    }
    // Each statement by itself: a text that takes itself back has its log settings taken back too.
    try await ChildProcess.run(
      [
        "bash", "-c",
        """
        printf 'canary-copy\\tG\\n' | "$1" -X -d "$2" -c 'copy vault.secrets (secret, name) from stdin'
        "$1" -X -q -v ON_ERROR_STOP=1 -d "$2" \\
          <<<"begin; insert into vault.secrets (secret) values ('canary-undone'); rollback;"
        """,
        "bash", "/usr/lib/postgresql/15/bin/psql", cluster.url(),
      ]
    )
  }

  private func putInByProcesses(_ url: String) async throws {
    try await onLoop {
      let database = try Database(.init(url: url))
      defer { database.close() }
      let service = database.session(as: Identity(role: "service_role"))
      try await service.run("select vault.create_secret(\("canary-bound"), \("H"))")
      await #expect(throws: PostgresError.self) {
        _ = try await service.run("select vault.create_secret(\("canary-bound-twice"), \("H"))")
      }
      let owner = database.session(as: Identity(role: "streamvibe_owner"))
      try await owner.run(
        "insert into vault.secrets (secret, name) values (\("canary-row"), \("I"))"
      )
      let vault = try Vault(Configuration(["VAULT_KEYS": TestVault.keys]))
      let secret = try vault.seal(Array("canary-sealed".utf8), name: "J")
      try await owner.run(
        "select vault.put_sealed(\(secret.id), \(secret.name), \(secret.sealed))"
      )
    }
  }

  /// With the tool of scripts/.
  private func secret(_ words: String, _ url: String, input: String = "") async throws {
    try await ChildProcess.run(
      [
        "env", "DATABASE_URL=\(url)", "VAULT_KEYS=\(TestVault.keys)", "ENV_FILE=/nonexistent/.env",
        "VAULT_BINARY=\(Self.root)/.build/debug/vault", "sh", "-c",
        "printf '\(input)' | '\(Self.root)/scripts/secret' \(words)",
      ]
    )
  }

  private func putInByHand(_ url: String) async throws {
    try await secret("set K --description words", url, input: "canary-typed\\n")
    try await secret("set L", url, input: "canary-typed-first\\n")
    try await secret("set L", url, input: "canary-typed-again\\n")
    for name in ["M", "N", "O"] { try await secret("set \(name)", url, input: "canary-typed\\n") }
    try await secret("forget O", url)
  }

  /// Reads one, and has the rest sealed anew.
  private func use(_ url: String) async throws {
    try await onLoop {
      let database = try Database(.init(url: url))
      defer { database.close() }
      let owner = database.session(as: Identity(role: "streamvibe_owner"))
      let sealed = try await owner.one(
        "select * from vault.take_sealed('H', 'test')",
        as: SealedSecret.self
      )
      let vault = try Vault(Configuration(["VAULT_KEYS": TestVault.keys]))
      #expect(try vault.open(sealed).text == "canary-bound")
    }
    try await secret("rotate", url)
    try await secret("list", url)
  }
}
