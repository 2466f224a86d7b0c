import HTTP
import Loop
import Postgres

/// One request on its way from its head to the work that the database does for it. Who it comes from
/// is not known here: the work is the same for all.
@Loop
struct Exchange {
  /// What all requests share.
  struct Shared {
    let database: Database
    let timeZones: TimeZones
    let rowLimit: Int
    let bodyLimit: Int
    /// Whether `tx=rollback` is done.
    let mayRollBack: Bool
    let address: PublicAddress
    /// UPDATE and DELETE need a filter.
    let isSafeUpdating: Bool
    /// Comes before each request's own statements.
    let preRequest: SQL?
  }

  let request: Request
  var intake: Intake
  let parameters: QueryParameters
  let catalog: Catalog
  let shared: Shared
  private let arrivedBody: [UInt8]?

  /// - Parameter body: where it has been taken off the request.
  init(
    _ request: Request,
    _ intake: Intake,
    _ parameters: QueryParameters,
    body: [UInt8]?,
    _ catalog: Catalog,
    _ shared: Shared
  ) {
    self.request = request
    self.intake = intake
    self.parameters = parameters
    arrivedBody = body
    self.catalog = catalog
    self.shared = shared
  }

  func work() async throws -> Work {
    var exchange = self
    try await exchange.checkPreferences()
    switch intake.target {
    case .root: return try exchange.description()
    case .routine(let name):
      return try await exchange.call(QualifiedName(schema: intake.schema, name: name))
    case .relation(let name):
      let relation = try catalog.relation(QualifiedName(schema: intake.schema, name: name))
      return intake.isRead ? try exchange.read(relation) : try await exchange.write(relation)
    }
  }

  private mutating func checkPreferences() async throws {
    if !shared.mayRollBack { intake.preferences.ending = nil }
    if let name = intake.preferences.timeZone, try await !shared.timeZones.contains(name) {
      intake.preferences.timeZone = nil
      intake.preferences.reject("timezone=\(name)")
    }
    let preferences = intake.preferences
    if preferences.handling == .strict, !preferences.invalid.isEmpty {
      throw Refusal.preferences(preferences.invalid)
    }
  }

  /// What may be asked of the target.
  func options() throws -> Answer {
    var methods = ["OPTIONS", "GET", "HEAD"]
    switch intake.target {
    case .root: break
    case .routine: methods.append("POST")
    case .relation(let name):
      let relation = try catalog.relation(QualifiedName(schema: intake.schema, name: name))
      if relation.verbs.contains(.insert) { methods.append("POST") }
      if relation.verbs.contains([.insert, .update]) { methods.append("PUT") }
      if relation.verbs.contains(.update) { methods.append("PATCH") }
      if relation.verbs.contains(.delete) { methods.append("DELETE") }
    }
    var answer = Answer(200)
    answer.headers.append(("allow", methods.joined(separator: ",")))
    return answer
  }

  /// The whole body.
  func body() async throws -> [UInt8] {
    if let arrivedBody { return arrivedBody }
    return try await request.body.collect(upTo: shared.bodyLimit)
  }

  func envelope(media: MediaType) -> Envelope {
    Envelope(
      media: media,
      hasBody: intake.method != .head,
      count: intake.preferences.count,
      countLimit: shared.rowLimit
    )
  }
}
