import HTTP
import JSON
import Loop

/// Google's accounts: consent, tokens, who somebody is.
@Loop
final class Google: Emulator {
  nonisolated static let channelScopes: Set<String> = [
    "https://www.googleapis.com/auth/youtube.readonly", "https://www.googleapis.com/auth/youtube",
    "https://www.googleapis.com/auth/youtube.force-ssl",
  ]
  private nonisolated static let identityScopes: Set<String> = [
    "openid", "email", "profile", "https://www.googleapis.com/auth/userinfo.email",
    "https://www.googleapis.com/auth/userinfo.profile",
  ]
  private nonisolated static let otherScopes: Set<String> = [
    "https://www.googleapis.com/auth/webmasters",
    "https://www.googleapis.com/auth/webmasters.readonly",
    "https://www.googleapis.com/auth/indexing",
  ]
  private nonisolated static let codeLife = 600

  private unowned let world: World
  private let tokens: GoogleTokens

  init(_ world: World) {
    self.world = world
    tokens = GoogleTokens(world)
  }

  func reset() {}

  func answer(_ visit: Visit) async throws(Refusal) -> Response? {
    guard visit.segments.first == "google" else { return nil }
    switch Array(visit.segments.dropFirst()) {
    case ["o", "oauth2", "v2", "auth"]: return await play(visit, .consent, authorize)
    case ["token"]: return await play(visit, .token, tokens.exchange)
    case ["revoke"]: return await play(visit, .token, tokens.revoke)
    case ["oauth2", "v2", "userinfo"], ["oauth2", "v3", "userinfo"], ["v1", "userinfo"]:
      return await play(visit, .api, userInfo)
    default: return nil
    }
  }

  private func play(
    _ visit: Visit,
    _ part: PlatformCall.Part,
    _ answer: @Loop (Visit) async throws(Refusal) -> Response
  ) async -> Response {
    await world.play(.google, visit, part) { () async throws(Refusal) in
      try await answer(visit)
    }
  }

  // MARK: - Consent

  private func authorize(_ visit: Visit) async throws(Refusal) -> Response {
    try visit.require(.get, .head, .post)
    let parameters = visit.request.method == .post ? try await visit.form() : visit.query
    func blocked(_ code: String, _ reason: String) -> Refusal {
      ConsentPage.failure(.youtube, code, reason)
    }
    let client = world.google.client
    guard parameters["client_id"] == client.id else {
      throw blocked("invalid_client", "The OAuth client was not found.")
    }
    guard let uri = parameters["redirect_uri"], client.mayRedirect(to: uri) else {
      throw blocked("redirect_uri_mismatch", "The redirect_uri is none of the registered ones.")
    }
    guard parameters["response_type"] == "code" else {
      throw blocked("invalid_request", "response_type must be code.")
    }
    let scopes = parameters.list("scope", by: [" "])
    guard !scopes.isEmpty else { throw blocked("invalid_request", "scope is missing.") }
    let known = Self.channelScopes.union(Self.identityScopes).union(Self.otherScopes)
    let challenge: CodeChallenge?
    do throws(CodeChallenge.Problem) {
      challenge = try CodeChallenge.read(parameters, .base64URL, takesPlain: true)
    } catch {
      throw blocked("invalid_request", "code_challenge_method must be S256 or plain.")
    }
    if let unknown = scopes.first(where: { !known.contains($0) }) {
      throw blocked("invalid_scope", "\(unknown) is no scope.")
    }
    let inquiry = Consent.Inquiry(
      platform: .youtube,
      scopes: scopes,
      needed: scopes.filter { $0 == "openid" },
      parameters: parameters
    )
    switch try world.consent.decide(inquiry, visit) {
    case .page(let page): return page
    case .denied:
      return .redirect(to: uri, ["error": "access_denied", "state": parameters["state"]])
    case .approved(let creator, let granted):
      let code = code(for: creator, granted, uri, challenge, parameters)
      return .redirect(
        to: uri,
        [
          "state": parameters["state"], "code": code,
          "scope": granted.joined(separator: " "), "authuser": "0",
          "prompt": parameters["prompt"] ?? "consent",
        ]
      )
    }
  }

  private func code(
    for creator: Creator,
    _ scopes: [String],
    _ uri: String,
    _ challenge: CodeChallenge?,
    _ parameters: Parameters
  ) -> String {
    let grants = world.google.grants
    let isFirst = grants.grant(
      creator.profile.key,
      scopes,
      keepsEarlier: parameters["include_granted_scopes"] == "true"
    )
    let all = grants.grants[creator.profile.key]?.scopes ?? scopes
    let prompts = parameters.list("prompt", by: [" "])
    return grants.issue(
      Grants.Code(
        creator: creator.profile.key,
        scopes: all,
        redirectURI: uri,
        challenge: challenge,
        isOffline: parameters["access_type"] == "offline"
          && (isFirst || prompts.contains("consent")),
        expires: world.clock.now + Self.codeLife
      ),
      "4/0A"
    )
  }

  // MARK: - Who it is

  private func userInfo(_ visit: Visit) throws(Refusal) -> Response {
    try visit.require(.get, .head)
    guard let text = visit.bearer ?? visit.query["access_token"],
      case .valid(let token) = world.google.grants.state(of: text), token.kind == .access,
      let creator = world.catalogue.creator(token.creator, on: .youtube)
    else { throw Refusal(.youtube, "expired_token") }
    guard token.scopes.contains(where: Self.identityScopes.contains) else {
      throw Refusal(.youtube, "insufficientPermissions")
    }
    let id = JSON.string(creator.ids.person)
    return Response(
      .members([
        "id": id, "sub": visit.segments.contains("v2") ? nil : id,
        "email": .string("\(creator.profile.key)@example.com"), "verified_email": true,
        "name": .string(creator.profile.name),
        "picture": .string(YouTubeResources.picture(creator.ids.person)),
      ])
    )
  }
}
