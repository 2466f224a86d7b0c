import Core

/// Answers a greeting, to anybody, without a database: what a request costs before any work.
///
/// `GET /bench-hello`
@main
struct BenchHello: EdgeFunction {
  static let policy = Policy(.get, rateLimit: .exempt)
  static let summary = "Answers a greeting."

  struct Output: Codable {
    var message: String
  }

  static func handle(_ input: NoInput, _ call: Call<Visitor>) async throws -> Output {
    Output(message: "Hello, world")
  }
}
