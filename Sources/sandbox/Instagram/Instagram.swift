import HTTP
import JSON
import Loop

/// Instagram with Instagram Login: consent, the exchange of codes, and the graph.
@Loop
final class Instagram: Emulator {
  nonisolated static let basic = "instagram_business_basic"
  nonisolated static let insights = "instagram_business_manage_insights"
  private nonisolated static let scopes: Set<String> = [
    basic, insights, "instagram_business_content_publish", "instagram_business_manage_comments",
    "instagram_business_manage_messages",
  ]
  private nonisolated static let codeLife = 3600

  private unowned let world: World
  private let tokens: InstagramTokens
  private let graph: InstagramGraph

  init(_ world: World) {
    self.world = world
    tokens = InstagramTokens(world)
    graph = InstagramGraph(world)
  }

  func reset() {
    graph.reset()
  }

  func answer(_ visit: Visit) async throws(Refusal) -> Response? {
    switch visit.segments.first {
    case "instagram":
      switch Array(visit.segments.dropFirst()) {
      case ["oauth", "authorize"]: return await play(visit, .consent, authorize)
      case ["oauth", "access_token"]: return await play(visit, .token, tokens.redeem)
      default: return nil
      }
    case "ig":
      var path = Array(visit.segments.dropFirst())
      if let first = path.first, first.hasPrefix("v"), first.contains(".") { path.removeFirst() }
      switch path {
      case []: return nil
      case ["access_token"]: return await play(visit, .token, tokens.lengthen)
      case ["refresh_access_token"]: return await play(visit, .token, tokens.refresh)
      default:
        return await play(visit, .api) { [graph] visit throws(Refusal) in
          try graph.answer(visit, path)
        }
      }
    default: return nil
    }
  }

  private func play(
    _ visit: Visit,
    _ part: PlatformCall.Part,
    _ answer: @Loop (Visit) async throws(Refusal) -> Response
  ) async -> Response {
    await world.play(.instagram, visit, part) { () async throws(Refusal) in
      try await answer(visit)
    }
  }

  private func authorize(_ visit: Visit) async throws(Refusal) -> Response {
    try visit.require(.get, .head, .post)
    let parameters = visit.request.method == .post ? try await visit.form() : visit.query
    func blocked(_ reason: String) -> Refusal {
      ConsentPage.failure(.instagram, "Invalid Request", reason)
    }
    let client = world.instagram.client
    guard parameters["client_id"] == client.id else {
      throw blocked("Request parameters are invalid: Invalid platform app")
    }
    guard let uri = parameters["redirect_uri"], client.mayRedirect(to: uri) else {
      throw blocked("Request parameters are invalid: Invalid redirect_uri")
    }
    guard parameters["response_type"] == "code" else {
      throw blocked("Request parameters are invalid: Invalid response_type")
    }
    let scopes = parameters.list("scope", by: [",", " "])
    if let unknown = scopes.first(where: { !Self.scopes.contains($0) }) {
      throw blocked("Request parameters are invalid: Invalid scope: \(unknown)")
    }
    guard scopes.contains(Self.basic) else {
      throw blocked("Request parameters are invalid: \(Self.basic) is needed")
    }
    let inquiry = Consent.Inquiry(
      platform: .instagram,
      scopes: scopes,
      needed: [Self.basic],
      parameters: parameters
    )
    switch try world.consent.decide(inquiry, visit) {
    case .page(let page): return page
    case .denied:
      return .redirect(
        to: uri,
        [
          "error": "access_denied", "error_reason": "user_denied",
          "error_description": "The user denied your request", "state": parameters["state"],
        ]
      )
    case .approved(let creator, let granted):
      let grants = world.instagram.grants
      grants.grant(creator.profile.key, granted)
      let code = grants.issue(
        Grants.Code(
          creator: creator.profile.key,
          scopes: granted,
          redirectURI: uri,
          challenge: nil,
          expires: world.clock.now + Self.codeLife
        ),
        "AQ"
      )
      return .redirect(to: uri, ["code": code, "state": parameters["state"]], suffix: "#_")
    }
  }
}
