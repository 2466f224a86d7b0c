import Core
import Loop
import Postgres
import Synchronization

/// Says who asks, as PostgreSQL sees it.
struct WhoAmI: EdgeFunction {
  static let policy = Policy(.get, .post)
  static let summary = "Says who asks."

  struct Output: Codable {
    var role: String
    var subject: String?
    var requestId: String
    var isReadOnly: String
    var statementTimeout: String
  }

  static func handle(_ input: NoInput, _ call: Call<Visitor>) async throws -> Output {
    try await call.database.one(
      """
      select
          current_user::text as role,
          nullif(current_setting('request.jwt.claims', true)::json ->> 'sub', '') as subject,
          current_setting('app.request_id') as request_id,
          current_setting('transaction_read_only') as is_read_only,
          current_setting('statement_timeout') as statement_timeout
      """
    )
  }
}

/// Fails in the way that it is asked to.
struct FailInWays: EdgeFunction {
  static let policy = Policy(.post, timeLimit: .milliseconds(300))
  static let summary = "Fails."

  enum Way: String, CaseIterable, Codable, Sendable {
    case sql, constraint, refusal, slow, stuck, deaf, sleep
  }

  struct Input: Validated { var way: Way }

  struct Output: Codable {}

  static func handle(_ input: Input, _ call: Call<User>) async throws -> Output {
    switch input.way {
    case .sql: try await call.database.run("select secret_column from nowhere")
    case .constraint: try await call.database.run("select 1 / 0")
    case .refusal:
      try await call.database.run(
        """
        do $$ begin
          raise exception using errcode = 'PT409', message = 'that is taken',
            detail = '{"code":"CONFLICT","details":{"name":"x"}}';
        end $$
        """
      )
    case .slow: try await call.database.run("select pg_sleep(5)")
    case .stuck: await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
    case .deaf:
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        let timer = LoopTimer { continuation.resume() }
        timer.schedule(after: .milliseconds(600))
      }
    case .sleep: try await Loop.sleep(for: .seconds(60))
    }
    return Output()
  }
}

/// Spends a sync, and succeeds or fails after it.
struct SpendSync: EdgeFunction {
  static let policy = Policy(.post, quota: .sync)
  static let summary = "Spends a sync."

  struct Input: Validated {
    var fails: Bool
    var settles: Bool?
  }

  struct Output: Codable { var done: Bool }

  static func handle(_ input: Input, _ call: Call<User>) async throws -> Output {
    if input.settles == true { _ = try await call.settle("select 1") }
    if input.fails { throw Failure.conflict("it was to fail") }
    return Output(done: true)
  }
}

/// Spends a sync, and takes too long.
struct SpendTooLong: EdgeFunction {
  static let policy = Policy(.post, quota: .sync, timeLimit: .milliseconds(200))
  static let summary = "Spends a sync, and takes too long."

  struct Output: Codable {}

  static func handle(_ input: NoInput, _ call: Call<User>) async throws -> Output {
    try await Loop.sleep(for: .seconds(60))
    return Output()
  }
}

/// An answer that anybody may keep.
struct KeepThis: EdgeFunction {
  static let policy = Policy(.get, rateLimit: .exempt, caching: .shared(.seconds(60)))
  static let summary = "An answer that anybody may keep."

  struct Input: Validated { var name: String? }
  struct Output: Codable { var greeting: String }

  static func handle(_ input: Input, _ call: Call<Visitor>) async throws -> Output {
    Output(greeting: "hello \(input.name ?? "you")")
  }
}

/// For the service role alone, with a limit of its own.
struct ServiceOnly: EdgeFunction {
  static let policy = Policy(.post)
  static let summary = "For the service role."

  struct Output: Codable { var role: String }

  static func handle(_ input: NoInput, _ call: Call<ServiceRole>) async throws -> Output {
    try await call.database.one("select current_user::text as role")
  }
}

/// Two calls a minute.
struct TwiceOnly: EdgeFunction {
  static let policy = Policy(.post, rateLimit: .own(requests: 2, per: .seconds(60)), bodyLimit: 100)
  static let summary = "Two calls a minute."

  struct Input: Validated { var name: String }
  struct Output: Codable { var name: String }

  static func handle(_ input: Input, _ call: Call<User>) async throws -> Output {
    Output(name: input.name)
  }
}

/// Spends a sync when its time is over, deaf to cancellation.
struct SpendLate: EdgeFunction {
  static let policy = Policy(.post, quota: .sync, timeLimit: .milliseconds(100))
  static let summary = "Spends a sync when its time is over."

  struct Output: Codable {}

  static func handle(_ input: NoInput, _ call: Call<User>) async throws -> Output {
    await Loop.task {
      try? await Loop.sleep(for: .milliseconds(300))
      _ = try? await call.settle("update public.users set bio = 'written late'")
    }.value
    return Output()
  }
}
