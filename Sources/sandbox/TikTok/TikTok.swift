import HTTP
import JSON
import Loop

/// TikTok: consent, tokens and the Display API.
@Loop
final class TikTok: Emulator {
  nonisolated static let basic = "user.info.basic"
  private nonisolated static let scopes: Set<String> = [
    basic, "user.info.profile", "user.info.stats", "video.list",
  ]
  private nonisolated static let codeLife = 600
  private nonisolated static let uriLimit = 512

  private unowned let world: World
  private let tokens: TikTokTokens
  private let display: TikTokDisplay

  init(_ world: World) {
    self.world = world
    tokens = TikTokTokens(world)
    display = TikTokDisplay(world)
  }

  func reset() {
    display.reset()
  }

  func answer(_ visit: Visit) async throws(Refusal) -> Response? {
    guard visit.segments.prefix(2) == ["tiktok", "v2"] else { return nil }
    switch Array(visit.segments.dropFirst(2)) {
    case ["auth", "authorize"]: return await play(visit, .consent, authorize)
    case ["oauth", "token"]: return await play(visit, .token, tokens.exchange)
    case ["oauth", "revoke"]: return await play(visit, .token, tokens.revoke)
    case ["user", "info"]: return await play(visit, .api, display.userInfo)
    case ["video", "list"]: return await play(visit, .api, display.list)
    case ["video", "query"]: return await play(visit, .api, display.query)
    default: return nil
    }
  }

  private func play(
    _ visit: Visit,
    _ part: PlatformCall.Part,
    _ answer: @Loop (Visit) async throws(Refusal) -> Response
  ) async -> Response {
    await world.play(.tiktok, visit, part) { () async throws(Refusal) in
      try await answer(visit)
    }
  }

  private func authorize(_ visit: Visit) async throws(Refusal) -> Response {
    try visit.require(.get, .head, .post)
    let parameters = visit.request.method == .post ? try await visit.form() : visit.query
    func blocked(_ code: String, _ reason: String) -> Refusal {
      ConsentPage.failure(.tiktok, code, reason)
    }
    let client = world.tiktok.client
    guard parameters["client_key"] == client.id else {
      throw blocked("client_key", "client_key is missing or not known")
    }
    guard let uri = parameters["redirect_uri"], client.mayRedirect(to: uri), Self.mayReturn(to: uri)
    else { throw blocked("redirect_uri", "redirect_uri is none of the registered ones") }
    func refused(_ code: String, _ reason: String) -> Response {
      .redirect(
        to: uri,
        ["error": code, "error_description": reason, "state": parameters["state"]]
      )
    }
    guard parameters["response_type"] == "code" else {
      return refused("unsupported_response_type", "response_type must be code")
    }
    let scopes = parameters.list("scope")
    guard !scopes.isEmpty, scopes.allSatisfy(Self.scopes.contains) else {
      return refused("invalid_scope", "The scope is missing or not known")
    }
    let challenge: CodeChallenge?
    do throws(CodeChallenge.Problem) {
      challenge = try CodeChallenge.read(parameters, .hexadecimal, takesPlain: false)
    } catch {
      return refused("invalid_request", "code_challenge_method must be S256")
    }
    let inquiry = Consent.Inquiry(
      platform: .tiktok,
      scopes: scopes,
      needed: scopes.filter { $0 == Self.basic },
      parameters: parameters
    )
    switch try world.consent.decide(inquiry, visit) {
    case .page(let page): return page
    case .denied: return refused("access_denied", "The user denied the request")
    case .approved(let creator, let granted):
      let grants = world.tiktok.grants
      grants.grant(creator.profile.key, granted)
      let code = grants.issue(
        Grants.Code(
          creator: creator.profile.key,
          scopes: granted,
          redirectURI: uri,
          challenge: challenge,
          expires: world.clock.now + Self.codeLife
        ),
        "",
        "*1!4567.va"
      )
      return .redirect(
        to: uri,
        [
          "code": code, "scopes": granted.joined(separator: ","), "state": parameters["state"],
        ]
      )
    }
  }

  /// Static, short, and https unless it is on this machine.
  private static func mayReturn(to uri: String) -> Bool {
    let isLocal = ["http://127.0.0.1", "http://localhost", "http://[::1]"].contains {
      uri.hasPrefix($0) && [":", "/", ""].contains(uri.dropFirst($0.count).prefix(1))
    }
    return uri.utf8.count < uriLimit && !uri.contains("?") && !uri.contains("#")
      && (isLocal || uri.hasPrefix("https://"))
  }
}
