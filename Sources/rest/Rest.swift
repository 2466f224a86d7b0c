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
      .restPreRequest,
    ],
    interface: .rest
  )

  let catalogs: CatalogStore
  let plans = KeptPlans()
  private let descriptions = Descriptions()
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
    let preRequest = try configuration[.restPreRequest].map(Self.preRequest)
    catalogs = try CatalogStore(database, schemas: schemas)
    shared = Exchange.Shared(
      database: database,
      timeZones: TimeZones(database),
      rowLimit: try configuration.number(.restRowLimit, in: 1...1_000_000),
      bodyLimit: try configuration.number(.bodyLimit, in: 1...1_073_741_824),
      mayRollBack: try configuration.flag(.restRollback),
      address: try PublicAddress(configuration[.externalURL] ?? "", mount: Rest.mounts[0]),
      isSafeUpdating: try configuration.flag(.restSafeUpdates),
      preRequest: preRequest
    )
  }

  /// - Parameter name: of a function, with or without its schema.
  private static func preRequest(_ name: String) throws -> SQL {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard (1...2).contains(parts.count), !parts.contains("") else {
      throw ConfigurationError("REST_PRE_REQUEST must be a function's name, not \(name)")
    }
    let quoted = parts.map { SQL.identifier($0) }.joined(separator: ".")
    return ("select " + quoted + "()").named("rest.pre_request")
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
      // What need not wait is not awaited: each return from a call that might have is a switch.
      let catalog: Catalog
      if let known = catalogs.catalog {
        catalog = known
      } else {
        catalog = try await catalogs.current()
      }
      let work: Work
      switch plan(request, catalog) {
      case .kept(let kept): work = kept
      case .new(let shape, let body):
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
      guard case .described = work.outcome else {
        return try await run.answer().response(isHead: request.method == .head)
      }
      return try await described(run).response(isHead: request.method == .head)
    } catch {
      return refusal(error, isAnonymous: isAnonymous, context).response()
    }
  }

  private enum Plan {
    case kept(Work)
    /// - Parameter body: where it had to be taken off the request.
    case new(RequestShape?, body: [UInt8]?)
  }

  private func plan(_ request: Request, _ catalog: Catalog) -> Plan {
    guard var shape = RequestShape(request) else { return .new(nil, body: nil) }
    var body: [UInt8]?
    if Self.readsBody(request.method) {
      body = request.body.arrived(upTo: shared.bodyLimit)
      guard let body, shape.add(body: body) else { return .new(nil, body: body) }
    }
    if let work = plans.find(shape, of: catalog)?.work(for: shape) { return .kept(work) }
    return .new(shape, body: body)
  }

  private func described(_ run: Run) async throws -> Answer {
    let (role, schema) = (run.caller.role, run.work.intake.schema)
    // A function before each request may refuse it.
    guard shared.preRequest == nil else { return try await run.answer() }
    if let answer = descriptions.find(role, schema, of: run.catalog) { return answer }
    let answer = try await run.answer()
    descriptions.keep(answer, role, schema, of: run.catalog)
    return answer
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
  static let restPreRequest = Setting(
    "REST_PRE_REQUEST",
    "a function without parameters that is called in each request's transaction before anything else"
  )
  static let restSafeUpdates = Setting(
    "REST_SAFE_UPDATES",
    default: "on",
    "whether UPDATE and DELETE without a filter are refused"
  )
}
