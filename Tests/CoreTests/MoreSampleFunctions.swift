import Core
import Loop
import Postgres

/// Spends a sync while its client waits, for long.
struct SpendLong: EdgeFunction {
  static let policy = Policy(.post, quota: .sync)
  static let summary = "Spends a sync, for long."

  struct Output: Codable {}

  static func handle(_ input: NoInput, _ call: Call<User>) async throws -> Output {
    try await Loop.sleep(for: .seconds(60))
    return Output()
  }
}

/// Spends one sync for two statements, and may fail after it.
struct SpendOnce: EdgeFunction {
  static let policy = Policy(.post, quota: .sync)
  static let summary = "Spends one sync for two statements."

  struct Input: Validated { var fails: Bool }

  struct Output: Codable {
    var first: String
    var second: String
  }

  static func handle(_ input: Input, _ call: Call<User>) async throws -> Output {
    let first = try await call.settle("select 'one' as word").first?.bytes("word")?.string
    let second = try await call.settle("select 'two' as word").first?.bytes("word")?.string
    if input.fails { throw Failure.conflict("it was to fail") }
    return Output(first: first ?? "", second: second ?? "")
  }
}

/// Writes, whatever it is asked with.
struct WriteSomething: EdgeFunction {
  static let policy = Policy(.get, .post)
  static let summary = "Writes."

  struct Output: Codable {}

  static func handle(_ input: NoInput, _ call: Call<Visitor>) async throws -> Output {
    try await call.database.run(
      "select * from internal.take_rate_limits(array['test'], 10, interval '1 minute')"
    )
    return Output()
  }
}

/// Fails unexpectedly, at once or when its time is over.
struct FailLate: EdgeFunction {
  static let policy = Policy(.post, timeLimit: .milliseconds(100))
  static let summary = "Fails late."

  struct Input: Validated { var milliseconds: Int }
  struct Output: Codable {}
  struct Surprise: Error {}

  static func handle(_ input: Input, _ call: Call<Visitor>) async throws -> Output {
    await Loop.task { try? await Loop.sleep(for: .milliseconds(input.milliseconds)) }.value
    throw Surprise()
  }
}

/// Has an input and an output of every shape, for its description.
struct DescribeMe: EdgeFunction {
  static let policy = Policy(
    .get,
    .delete,
    quota: .aiAnalysis,
    rateLimit: .own(requests: 3, per: .seconds(90)),
    bodyLimit: 12,
    timeLimit: .seconds(7)
  )
  static let summary = "Describes itself."
  static let settings = [Setting("OWN", default: "x", isSecret: true, "of its own")]

  struct Input: Validated {
    var link: String?
    var note: String
    var ages: [Int]?

    func validate(_ checks: inout Checks) {
      checks.url(link, "link")
      checks.length(of: link, "link", in: 9...100)
      checks.isNotBlank(note, "note")
      checks.require(false, "note", "is not part of a schema")
    }
  }

  struct Output: Codable {
    struct Part: Codable { var size: Int? }
    var name: String?
    var parts: [Part]
    var main: Part?
  }

  static func handle(_ input: Input, _ call: Call<ServiceRole>) async throws -> Output {
    Output(parts: [])
  }
}
