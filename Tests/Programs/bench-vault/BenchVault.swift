import Core
import Glibc
import Loop
import Postgres

/// Fills a vault, and reads from it while it is rotated, with the keys of VAULT_KEYS and the database
/// of DATABASE_URL.
///
///     bench-vault seed COUNT     puts so many secrets in
///     bench-vault read COUNT     reads them at random until SIGTERM; prints a line of JSON
@main
enum BenchVault {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    guard arguments.count == 2, let count = Int(arguments[2]), count > 0 else {
      stop("usage: bench-vault seed | read COUNT")
    }
    let isReading = arguments.first == "read"
    Loop.task {
      do {
        let safe = try Safe(count)
        if isReading { try await safe.read() } else { try await safe.seed() }
        exit(0)
      } catch {
        stop("\(error)")
      }
    }
    Loop.run()
  }

  static func stop(_ reason: String) -> Never {
    print("bench-vault: \(reason)")
    exit(2)
  }
}

@Loop
private final class Safe {
  private static let readers = 4

  private let count: Int
  private let vault: Vault
  private let owner: Session
  private var times: [Double] = []
  private var failures: [String] = []
  private var isDone = false

  init(_ count: Int) throws {
    self.count = count
    vault = try Vault(.environment)
    var settings = Database.Settings(url: try Configuration.environment.required(.databaseURL))
    settings.connections = Self.readers
    settings.applicationName = "bench-vault"
    owner = try Database(settings).session(as: Identity(role: "streamvibe_owner"))
  }

  func seed() async throws {
    for start in stride(from: 0, to: count, by: 1000) {
      let secrets = try (start..<min(start + 1000, count)).map { number in
        try vault.seal(Self.plain(number), name: Self.name(number))
      }
      try await owner.run(
        """
        select vault.put_sealed(s.id, s.name, s.sealed)
        from unnest(
            \(secrets.map(\.id)), \(secrets.map(\.name)), \(secrets.map(\.sealed))
        ) as s (id, name, sealed)
        """
      )
    }
  }

  func read() async throws {
    try Loop.handle([SIGTERM]) { [self] _ in isDone = true }
    print("reading")
    fflush(nil)
    let readers = (0..<Self.readers).map { _ in Loop.task { [self] in await readOn() } }
    for reader in readers { await reader.value }
    times.sort()
    func share(_ part: Double) -> Double { times[Int(Double(times.count - 1) * part)] }
    print(
      """
      {"reads": \(times.count), "failures": \(failures.count), "p50_ms": \(share(0.5)), \
      "p99_ms": \(share(0.99)), "max_ms": \(share(1))}
      """
    )
    for failure in failures.prefix(5) { print(failure) }
  }

  private func readOn() async {
    while !isDone {
      let number = Int.random(in: 0..<count)
      let start = Instant.now
      do {
        let sealed = try await owner.one(
          "select * from vault.take_sealed(\(Self.name(number)), 'bench')",
          as: SealedSecret.self
        )
        if try vault.open(sealed).bytes != Self.plain(number) { failures.append("another secret") }
      } catch {
        failures.append("\(error)")
      }
      times.append((Instant.now - start).seconds * 1000)
    }
  }

  private static func name(_ number: Int) -> String { "user_\(number)_youtube_\(number)" }

  /// As long as the tokens of a connection.
  private static func plain(_ number: Int) -> [UInt8] {
    Array("{\"number\":\(number),\"token\":\"\(String(repeating: "t", count: 400))\"}".utf8)
  }
}
