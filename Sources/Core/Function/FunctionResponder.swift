package import HTTP
import JSON
package import Loop
import Postgres
import Telemetry

/// The life of a request to a function, the same for all: who calls, how often, with what, and what
/// becomes of it.
@Loop
package final class FunctionResponder<Function: EdgeFunction>: Responder {
  private let environment: ProcessEnvironment
  private let database: Database
  private let authenticator: Authenticator
  private let addresses: ClientAddressReader
  private let limiter: RateLimiter
  private let providerKeys: ProviderKeys
  private let vaultGauges: VaultGauges?
  private let gauges: FunctionGauges?
  private let bodyLimit: Int
  private let paths: FunctionPaths
  /// For functions that take none.
  private let noInput = NoInput() as? Function.Input
  private lazy var deadlines = Deadlines(limit: Function.policy.timeLimit) { [unowned self] in
    expire($0)
  }

  package nonisolated static var profile: ProcessProfile { Description.profile(of: Function.self) }

  package init(_ environment: ProcessEnvironment) throws {
    let configuration = environment.configuration
    self.environment = environment
    database = try environment.database()
    authenticator = try Authenticator(configuration)
    addresses = try ClientAddressReader(configuration)
    limiter = try RateLimiter(
      database,
      configuration,
      Function.policy.rateLimit,
      function: Function.name
    )
    providerKeys = try ProviderKeys(configuration, database)
    let surveys = Function.Who.kind == .serviceRole && providerKeys.vault != nil
    vaultGauges = surveys ? VaultGauges(database) : nil
    vaultGauges?.ask()
    if configuration[.metricsListen] != nil, let statement = Function.gauges {
      gauges = FunctionGauges(database, statement)
    } else {
      gauges = nil
    }
    gauges?.ask()
    let standard = try configuration.number(.bodyLimit, in: 1...1_073_741_824)
    bodyLimit = Function.policy.bodyLimit ?? standard
    paths = FunctionPaths(name: Function.name, policy: Function.policy, routes: Function.routes)
  }

  package func respond(_ context: RequestContext) async -> Response {
    do {
      return try await answer(context)
    } catch {
      return context.isLate ? Response(status: 504) : refuse(error, context)
    }
  }

  package func stop() async {
    vaultGauges?.stop()
    gauges?.stop()
  }

  package func refuse(_ error: ProtocolError, requestID: String) -> Response {
    Failure(error).response(requestID: requestID)
  }

  // MARK: - From head to answer

  private func answer(_ context: RequestContext) async throws -> Response {
    let request = context.request
    let place = try paths.place(of: request)
    if request.method == .options {
      let list = place.allowed.map(\.rawValue).joined(separator: ", ")
      return Response(status: 204, headers: [("allow", list)])
    }
    let route = place.route(for: request.method)
    let (bearer, refusal) = identify(context)
    // What need not wait is not awaited: each return from a call that might have is a switch.
    if Function.policy.rateLimit != .exempt, route?.isExempt != true {
      try await count(bearer, context)
    }
    if let refusal { throw refusal }
    if let route { return try await answer(route, bearer ?? .nobody, context) }
    guard place.isMain, Function.policy.allowed.contains(request.method) else {
      throw Failure.methodNotAllowed(place.allowed)
    }
    let (caller, input) = try await admit(bearer ?? .nobody, context)
    let session = session(as: caller.identity, context)
    if let quota = Function.policy.quota {
      context.reservation = try await QuotaReservation.reserve(quota, in: session)
    }
    let call = Call(
      caller: caller,
      requestID: context.requestID,
      configuration: environment.configuration,
      database: session,
      reservation: context.reservation,
      providerKeys: providerKeys
    )
    let output: Function.Output
    do {
      deadlines.begin(context)
      defer { deadlines.end(context) }
      output = try await Function.handle(input, call)
    } catch {
      if !context.isLate { await release(context.reservation, because: error) }
      throw error
    }
    if let reservation = context.reservation, !context.isLate { try await reservation.settle() }
    return try Answer.response(to: request, output, Function.policy.caching)
  }

  /// Who calls, before what they send is read; where the service role names nobody, the owner of
  /// what is sent.
  private func admit(
    _ bearer: Bearer,
    _ context: RequestContext
  ) async throws -> (Function.Who, Function.Input) {
    let request = context.request
    guard case .service(onBehalfOf: nil) = bearer, Function.Input.self is any Owned.Type else {
      let caller = try Function.Who.admit(bearer)
      if let noInput { return (caller, noInput) }
      return (caller, try await input(of: request))
    }
    let input = try await input(of: request)
    guard let owned = input as? any Owned else { return (try Function.Who.admit(bearer), input) }
    let owner = try await owned.owner(in: session(as: ServiceRole().identity, context))
    context.caller = owner
    return (try Function.Who.admit(.service(onBehalfOf: owner)), input)
  }

  /// The same for a route: its handler reads the request itself.
  private func answer(
    _ route: Route,
    _ bearer: Bearer,
    _ context: RequestContext
  ) async throws -> Response {
    let request = try await RawRequest(context.request, bodyLimit: route.bodyLimit)
    let admission = Admission(
      bearer: bearer,
      requestID: context.requestID,
      configuration: environment.configuration,
      providerKeys: providerKeys,
      session: { [self] in session(as: $0, context) }
    )
    deadlines.begin(context)
    defer { deadlines.end(context) }
    return try await route.answer(request, admission).response
  }

  /// Who calls, or what is wrong with the credentials.
  private func identify(_ context: RequestContext) -> (Bearer?, refusal: (any Error)?) {
    do {
      let bearer = try authenticator.bearer(of: context.request)
      if case .user(let user) = bearer { context.caller = user.id }
      return (bearer, nil)
    } catch {
      return (nil, error)
    }
  }

  /// Counts the request where it belongs: one with bad credentials against its address.
  private func count(_ bearer: Bearer?, _ context: RequestContext) async throws {
    let decision = try await limiter.take(
      bearer,
      address: addresses.address(of: context.request),
      requestID: context.requestID
    )
    if let decision {
      context.headers = decision.headers
      guard decision.isAllowed else {
        throw Failure(.rateLimited, "too many requests: \(decision.limit) in \(decision.window) s")
          .with("retry-after", String(decision.reset))
      }
    }
  }

  private func session(as identity: CallerIdentity, _ context: RequestContext) -> Session {
    let method = context.request.method
    return database.session(
      as: Identity(
        role: identity.role,
        claims: identity.claims,
        requestID: context.requestID,
        statementTimeout: identity.role == "edge_visitor" ? .seconds(3) : .seconds(8),
        isReadOnly: (method == .get || method == .head) && !Function.policy.writesOnGet
      )
    )
  }

  /// Gives the unit of a quota back, also when the client is gone and the task cancelled with it.
  private func release(_ reservation: QuotaReservation?, because error: any Error) async {
    guard let reservation else { return }
    await Loop.task { await reservation.release("\(Failure(error).code.rawValue)") }.value
  }

  private func input(of request: Request) async throws -> Function.Input {
    let isText = request.method == .get || request.method == .head
    let value =
      isText
      ? try QueryString.values(request.query ?? "")
      : try await RequestJSON.value(of: request, upTo: bodyLimit)
    let (input, problems) = InputReader.read(Function.Input.self, from: value, isText: isText)
    guard let input else { throw Failure.validation(problems) }
    return input
  }

  // MARK: - The end

  /// Answers in place of a handler that takes too long, however that goes on.
  private func expire(_ context: RequestContext) {
    context.isLate = true
    context.request.replaceAnswer { [self] in
      await release(context.reservation, because: DeadlinePassed())
      return context.finish(refuse(DeadlinePassed(), context))
    }
  }

  private func refuse(_ error: any Error, _ context: RequestContext) -> Response {
    let failure = Failure(error)
    if failure.code == .internal { environment.report(error, requestID: context.requestID) }
    return failure.response(requestID: context.requestID)
  }
}

extension Response {
  consuming func identified(_ requestID: String) -> Response {
    var response = self
    response.headers.append(("x-request-id", requestID))
    return response
  }
}
