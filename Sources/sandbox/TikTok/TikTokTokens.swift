import HTTP
import JSON
import Loop

/// TikTok's token endpoint: a refresh gives a new pair, and the old refresh token is worth nothing
/// from then on.
@Loop
final class TikTokTokens {
  private unowned let world: World

  init(_ world: World) {
    self.world = world
  }

  private var grants: Grants { world.tiktok.grants }

  func exchange(_ visit: Visit) async throws(Refusal) -> Response {
    let form = try await form(visit)
    switch form["grant_type"] {
    case "authorization_code": return try redeem(form)
    case "refresh_token": return try refresh(form)
    default: throw refusal("unsupported_grant_type", "The grant_type is not supported.")
    }
  }

  private func form(_ visit: Visit) async throws(Refusal) -> Parameters {
    guard visit.request.method == .post, visit.hasType("application/x-www-form-urlencoded") else {
      throw refusal("invalid_request", "Only a form by POST is supported.")
    }
    let form = try await visit.form()
    let client = world.tiktok.client
    guard form["client_key"] == client.id, form["client_secret"] == client.secret else {
      throw restated(Refusal(.tiktok, "oauth.invalid_client"))
    }
    return form
  }

  private func redeem(_ form: Parameters) throws(Refusal) -> Response {
    guard let text = form["code"], let waiting = grants.peek(code: text) else {
      throw refusal("invalid_grant", "Authorization code is expired.")
    }
    guard form["redirect_uri"] == waiting.redirectURI else {
      throw restated(Refusal(.tiktok, "oauth.invalid_request"))
    }
    guard let code = grants.take(code: text) else {
      throw refusal("invalid_grant", "Authorization code is expired.")
    }
    if let challenge = code.challenge, !challenge.isMet(by: form["code_verifier"] ?? "") {
      throw refusal("invalid_grant", "Code verifier or code challenge is invalid.")
    }
    return try pair(for: code.creator, code.scopes)
  }

  private func refresh(_ form: Parameters) throws(Refusal) -> Response {
    guard let text = form["refresh_token"], case .valid(let token) = grants.state(of: text),
      token.kind == .refresh
    else { throw restated(Refusal(.tiktok, "oauth.invalid_grant")) }
    grants.forget(text)
    return try pair(for: token.creator, token.scopes)
  }

  private func pair(for key: String, _ scopes: [String]) throws(Refusal) -> Response {
    guard let creator = world.catalogue.creator(key, on: .tiktok) else {
      throw refusal("invalid_grant", "The user is gone.")
    }
    let accessLife = world.switches[.tiktokAccessLife]
    let refreshLife = world.switches[.tiktokRefreshLife]
    let access = grants.issue(.access, "act.", to: key, scopes, life: accessLife)
    let refresh = grants.issue(.refresh, "rft.", to: key, scopes, life: refreshLife)
    return Response([
      "access_token": .string(access), "expires_in": JSON(accessLife),
      "open_id": .string(creator.ids.account), "refresh_expires_in": JSON(refreshLife),
      "refresh_token": .string(refresh), "scope": .string(scopes.joined(separator: ",")),
      "token_type": "Bearer",
    ])
  }

  func revoke(_ visit: Visit) async throws(Refusal) -> Response {
    let form = try await form(visit)
    guard let text = form["token"], case .valid(let token) = grants.state(of: text),
      grants.remove(token.creator)
    else { throw refusal("invalid_request", "The token is invalid.") }
    return Response([:])
  }

  // MARK: - Refusals

  private func refusal(_ code: String, _ reason: String) -> Refusal {
    restated(
      Refusal(
        Response(
          [
            "error": .string(code), "error_description": .string(reason),
            "log_id": .string(TikTokDisplay.logID(at: world.clock.now)),
          ],
          status: 400
        )
      )
    )
  }

  /// With the status that is switched on: some deployments answer errors with 200.
  private func restated(_ refusal: Refusal) -> Refusal {
    let status = world.switches[.tiktokOAuthStatus]
    guard status != 0 else { return refusal }
    var response = refusal.response
    response.status = status
    return Refusal(response)
  }
}
