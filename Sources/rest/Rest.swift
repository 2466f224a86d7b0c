import Core
import HTTP
import Loop
import Postgres
import Telemetry

/// Tables, views and functions under row level security, on PostgREST's wire.
///
/// Each request is one statement that the database makes the whole answer with, run as the caller's
/// role; see ``Exchange``.
@Loop
final class Rest: Responder {
  nonisolated static let mounts = ["/rest/v1", "/rest"]

  nonisolated static let profile = ProcessProfile(
    "rest",
    "Tables, views and functions under row level security, on PostgREST's wire.",
    paths: mounts,
    login: "authenticator",
    settings: [
      .jwks, .jwtSecret, .jwtIssuer, .externalURL, .bodyLimit, .restSchemas, .restRowLimit,
      .restRollback, .restSafeUpdates,
    ],
    interface: .rest
  )

  let catalogs: CatalogStore
  let plans = KeptPlans()
  private let environment: ProcessEnvironment
  private let credentials: Credentials
  private let shared: Exchange.Shared
  private let schemas: [String]

  init(_ environment: ProcessEnvironment) throws {
    self.environment = environment
    let configuration = environment.configuration
    let database = try environment.database()
    credentials = try Credentials(configuration)
    schemas = (configuration[.restSchemas] ?? "").split(separator: ",").map {
      String($0.trimmingSpaces)
    }
    guard !schemas.isEmpty, !schemas.contains("") else {
      throw ConfigurationError("REST_SCHEMAS names no schema")
    }
    catalogs = try CatalogStore(database, schemas: schemas)
    shared = Exchange.Shared(
      database: database,
      timeZones: TimeZones(database),
      rowLimit: try configuration.number(.restRowLimit, in: 1...1_000_000),
      bodyLimit: try configuration.number(.bodyLimit, in: 1...1_073_741_824),
      mayRollBack: try configuration.flag(.restRollback),
      isSafeUpdating: try configuration.flag(.restSafeUpdates)
    )
  }

  func stop() async {
    catalogs.stop()
  }

  func respond(_ context: RequestContext) async -> Response {
    let request = context.request
    var isAnonymous = true
    do {
      let caller = try credentials.caller(of: request)
      isAnonymous = caller.role == .anon
      context.caller = caller.userID.flatMap { UUID($0) }
      let catalog: Catalog
      if let known = catalogs.catalog {
        catalog = known
      } else {
        catalog = try await catalogs.current()
      }
      var shape = RequestShape(request)
      var body: [UInt8]?
      if shape != nil, Self.readsBody(request.method) {
        body = request.body.arrived(upTo: shared.bodyLimit)
        if body.map({ shape?.add(body: $0) }) != true { shape = nil }
      }
      var work: Work
      if let shape, let kept = plans.find(shape, of: catalog)?.work(for: shape) {
        work = kept
      } else {
        let intake = try Intake(request, mounts: Rest.mounts, schemas: schemas)
        let parameters = try shape?.parameters ?? QueryParameters(request.queryBytes)
        let exchange = Exchange(request, intake, parameters, body: body, catalog, shared)
        guard request.method != .options else { return try exchange.options().response() }
        work = try await exchange.work()
        if let shape { plans.keep(work, shape, of: catalog) }
      }
      let run = Run(
        work: work,
        request: request,
        caller: caller,
        catalog: catalog,
        shared: shared,
        requestID: context.requestID
      )
      return try await run.answer().response(isHead: request.method == .head)
    } catch {
      return refusal(error, isAnonymous: isAnonymous, context).response()
    }
  }

  /// Whether the body of a request with that method is looked at.
  private static func readsBody(_ method: HTTP.Method) -> Bool {
    method == .post || method == .patch || method == .put
  }

  func refuse(_ error: ProtocolError, requestID: String) -> Response {
    Refusal(error).response()
  }

  /// What any error becomes for the client.
  private func refusal(
    _ error: any Error,
    isAnonymous: Bool,
    _ context: RequestContext
  ) -> Refusal {
    switch error {
    case let refusal as Refusal: return refusal
    case let error as ProtocolError: return Refusal(error)
    case let error as PostgresError:
      let refusal = Refusal(error, isAnonymous: isAnonymous)
      if refusal == .internal { environment.report(error, requestID: context.requestID) }
      return refusal
    default:
      environment.report(error, requestID: context.requestID)
      return .internal
    }
  }
}

extension Refusal {
  /// What the reader of HTTP refused.
  init(_ error: ProtocolError) {
    self =
      error.status == 405 || error.status == 501
      ? .method : Refusal(error.status, "PGRST102", error.reason)
  }
}

extension Setting {
  static let restSchemas = Setting(
    "REST_SCHEMAS",
    default: "public",
    "the schemas that are exposed, comma-separated; the first is the one that is meant"
  )
  static let restRowLimit = Setting(
    "REST_MAX_ROWS",
    default: "1000",
    "the most rows that an answer holds, and that are embedded in one row"
  )
  static let restRollback = Setting(
    "REST_TX_ROLLBACK",
    default: "off",
    "whether a client may have its changes undone (Prefer: tx=rollback), for tests"
  )
  static let restSafeUpdates = Setting(
    "REST_SAFE_UPDATES",
    default: "on",
    "whether UPDATE and DELETE without a filter are refused"
  )
}
