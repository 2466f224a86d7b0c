import Core
import HTTP
import Loop
import Postgres
import Telemetry

/// The process: what its endpoints share, and how a request finds its endpoint.
@Loop
final class Auth: Responder {
  private nonisolated static let prefix = "/auth/v1"

  nonisolated static let profile = ProcessProfile(
    "auth",
    "Sign-up, sessions and the mail that belongs to them.",
    paths: [prefix],
    login: "auth_admin",
    settings: Setting.auth + Setting.mail,
    interface: .auth
  )

  let rules: Rules
  let keys: Keys
  let hasher: PasswordHasher
  let bearers: Bearers
  let limits: Limits
  let mail: MailSeal
  private let mailer: Mailer
  private let pruner: Pruner
  let jwks: [UInt8]
  private let database: Database
  private let addresses: ClientAddressReader
  private let environment: ProcessEnvironment
  private let routes = Route.all

  init(_ environment: ProcessEnvironment) throws {
    let configuration = environment.configuration
    self.environment = environment
    rules = try Rules(configuration)
    keys = try Keys(configuration)
    hasher = try PasswordHasher(configuration)
    bearers = try Bearers(configuration)
    database = try environment.database()
    limits = try Limits(database, configuration)
    mail = try MailSeal(configuration)
    mailer = try Mailer(configuration, database)
    pruner = Pruner(database, inactivity: rules.sessionInactivity)
    jwks = try PublicKeys.json(configuration)
    addresses = try ClientAddressReader(configuration)
  }

  /// The database as auth's own login, for one request; what writes says in the log who asks.
  func session(_ ask: Ask, isReadOnly: Bool = false) -> Session {
    var identity = Identity(requestID: ask.context.requestID, isReadOnly: isReadOnly)
    if !isReadOnly {
      identity.settings = [
        ("app.client", Array((ask.ip ?? "").utf8)), ("app.admin", Array((ask.admin ?? "").utf8)),
      ]
    }
    return database.session(as: identity)
  }

  func respond(_ context: RequestContext) async -> Response {
    let version = APIVersion(context.request)
    var response: Response
    do {
      response = try await answer(context)
    } catch {
      let failure = AuthFailure(error)
      if failure.status == 500, !Task.isCancelled {
        environment.report(error, requestID: context.requestID)
      }
      response = failure.response(version)
    }
    response.headers += version.echo
    return response
  }

  var timeLimit: Duration? { rules.requestLimit }

  func late(_ context: RequestContext) -> Response {
    let version = APIVersion(context.request)
    var response = AuthFailure.late.response(version)
    response.headers += version.echo
    return response
  }

  func refuse(_ error: ProtocolError, requestID: String) -> Response {
    AuthFailure(error).response(.first)
  }

  func stop() async {
    pruner.stop()
    await mailer.stop()
  }

  private func answer(_ context: RequestContext) async throws -> Response {
    let request = context.request
    let path = request.path
    guard path.hasPrefix(Self.prefix) else { throw Self.notFound }
    let segments = path.dropFirst(Self.prefix.count).split(separator: "/")
    var allowed: [String] = []
    for route in routes {
      guard let parameters = route.parameters(of: segments) else { continue }
      guard route.method == request.method else {
        allowed.append(route.method.rawValue)
        continue
      }
      let address = addresses.address(of: request)
      let ask = Ask(context, parameters: parameters, address: address)
      guard rules.isOn || route.isOpenAlways else {
        throw AuthFailure(422, .providerDisabled, "Nobody can sign in here")
      }
      if let limit = route.limit { try await limits.take(limit, of: ask) }
      // Also after a failure: it is not always known whether the mail was put down.
      defer { if ask.hasMail { mailer.wake() } }
      let response = try await route.endpoint.answer(ask, self)
      if route.method != .get { note(route, ask) }
      return response
    }
    guard !allowed.isEmpty else { throw Self.notFound }
    let list = allowed.joined(separator: ", ")
    if request.method == .options { return Response(status: 204, headers: [("allow", list)]) }
    var failure = AuthFailure(405, .validationFailed, "Only \(list) is answered here")
    failure.headers = [("allow", list)]
    throw failure
  }

  /// Who did what, for those who look into it later.
  private func note(_ route: Route, _ ask: Ask) {
    Log.info("auth") { line in
      line.add("request_id", ask.context.requestID)
      line.add("route", route.name)
      line.add("caller", ask.context.caller?.description)
      line.add("client", ask.address.host)
    }
  }

  private static let notFound = AuthFailure(404, .validationFailed, "There is nothing at this path")
}
