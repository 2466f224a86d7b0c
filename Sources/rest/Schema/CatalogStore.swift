import Loop
import Postgres
import Telemetry

/// Keeps the schema cache: read at the start, and again whenever `NOTIFY pgrst` says that something
/// has changed. Requests meanwhile go on with what was read before.
@Loop
final class CatalogStore {
  /// Several changes in a row are read once.
  private static let debounce: Duration = .milliseconds(100)
  /// After so many readings failed, requests don't wait for a first catalog any more.
  private static let patience = 2
  static let channel = "pgrst"

  private(set) var catalog: Catalog?
  private let database: Database
  private let schemas: [String]
  private var listening: Listening?
  private var isReading = false
  private var isStopped = false
  /// Something has changed since the reading under way began.
  private var isStale = false
  private var attempts = 0
  private var waiting: [UnsafeContinuation<Void, Never>] = []
  private lazy var timer = LoopTimer { [weak self] in self?.read() }
  private let loads = Metrics.shared.counters(
    "rest_schema_cache_loads_total",
    "Readings of the schema cache.",
    labels: "result"
  )

  init(_ database: Database, schemas: [String]) throws {
    self.database = database
    self.schemas = schemas
    listening = try Listening(database.settings, channels: [Self.channel]) { [weak self] event in
      self?.hear(event)
    }
    read()
  }

  func stop() {
    isStopped = true
    listening?.stop()
    timer.cancel()
    wake()
  }

  /// What is cached; while nothing is, the first readings are waited for.
  ///
  /// - Throws: ``Refusal`` with PGRST002 when they fail.
  func current() async throws(Refusal) -> Catalog {
    if let catalog { return catalog }
    if mayCome { await withUnsafeContinuation { waiting.append($0) } }
    guard let catalog else { throw .schemaCache }
    return catalog
  }

  /// Whether it is worth waiting for a first catalog.
  private var mayCome: Bool { !isStopped && attempts < Self.patience }

  private func hear(_ event: Listening.Event) {
    switch event {
    case .connected:
      // What was notified while nobody listened is not known.
      if catalog != nil || attempts > 0 { read() }
    case .notification(_, let payload):
      // Roles' settings are kept too, and changing those notifies nobody by itself.
      guard ["", "reload schema", "reload config"].contains(payload) else { return }
      if !timer.isScheduled { timer.schedule(after: Self.debounce) }
    }
  }

  private func read() {
    guard !isStopped else { return }
    guard !isReading else {
      isStale = true
      return
    }
    isReading = true
    isStale = false
    Loop.task { [self] in
      let identity = Identity(statementTimeout: .seconds(20), isReadOnly: true)
      do throws(PostgresError) {
        let rows = try await CatalogRows.read(database.session(as: identity))
        catalog = CatalogBuilder(rows, schemas: schemas).catalog()
        attempts = 0
        loads["success"].add()
        Log.info("the schema was read")
      } catch {
        attempts += 1
        loads["failure"].add()
        Log.warning("the schema can't be read") { $0.add("error", error: error) }
      }
      SpareMemory.giveBack()
      isReading = false
      if catalog != nil || !mayCome { wake() }
      if isStale {
        read()
      } else if attempts > 0, !isStopped {
        timer.schedule(after: .milliseconds(min(5000, 100 << min(attempts, 6))))
      }
    }
  }

  private func wake() {
    let waiting = waiting
    self.waiting = []
    for continuation in waiting { continuation.resume() }
  }
}
