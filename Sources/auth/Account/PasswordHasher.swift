import Core
import Crypto
import Loop
import Telemetry

/// bcrypt off the loop. For an account that has no password, or is not there, the same work is done
/// as for one that has: who measures learns nothing.
@Loop
final class PasswordHasher {
  private let pool: WorkerPool
  private let cost: Int
  /// Of a password that nobody has.
  private let nobodys: String
  private let latency = Metrics.shared.histogram(
    "auth_password_hash_duration_seconds",
    "From asking for a password's hash to having it."
  )

  /// How many hashes were computed: the work that an answer may not tell by.
  private(set) var count = 0

  init(_ configuration: Configuration) throws {
    cost = try configuration.number(.hashCost, in: 4...16)
    pool = WorkerPool(threads: try configuration.number(.hashThreads, in: 1...64), queue: 256)
    let password = try Random.bytes(16).map { $0 | 1 }
    nobodys = try Bcrypt.hash(password.span, cost: cost)
  }

  /// - Throws: `WorkerPool.Full`, or `Bcrypt.Failure` for what the rules of passwords refuse.
  func hash(_ password: String) async throws -> String {
    let password = Array(password.utf8)
    return try await work { [cost] in try Bcrypt.hash(password.span, cost: cost) }
  }

  /// Whether it is the password that `hash` was made of. False for a hash that is no bcrypt's.
  func matches(_ password: String, _ hash: String?) async throws -> Bool {
    let isComparable = hash.map(Self.isSupported) ?? false
    let hash = if let hash, isComparable { hash } else { nobodys }
    let password = Array(password.utf8)
    let isMatch = try await work { try Bcrypt.verify(password.span, against: hash) }
    return isMatch && isComparable
  }

  /// Whether it is a hash that passwords can be compared with.
  nonisolated static func isSupported(_ hash: String) -> Bool { Bcrypt.isSupported(hash) }

  private func work<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    count += 1
    let start = Instant.now
    defer { latency.observe(.now - start) }
    return try await pool.run(body)
  }
}
