import HTTP
import JSON
import Loop

/// A code for a short token, a short one for a long one, and a long one for a fresh one.
@Loop
final class InstagramTokens {
  private unowned let world: World

  init(_ world: World) {
    self.world = world
  }

  private var grants: Grants { world.instagram.grants }

  /// `POST /oauth/access_token`
  func redeem(_ visit: Visit) async throws(Refusal) -> Response {
    try visit.require(.post)
    let form = try await visit.form()
    let client = world.instagram.client
    guard form["client_id"] == client.id, form["client_secret"] == client.secret else {
      throw Self.refusal("Error validating client secret.")
    }
    guard form["grant_type"] == "authorization_code" else {
      throw Self.refusal("Invalid grant_type: \(form["grant_type"] ?? "")")
    }
    guard let text = form["code"], let waiting = grants.peek(code: text) else {
      throw Refusal(.instagram, "oauth.code_used")
    }
    guard form["redirect_uri"] == waiting.redirectURI else {
      throw Refusal(.instagram, "oauth.redirect_uri")
    }
    guard let code = grants.take(code: text),
      let creator = world.catalogue.creator(code.creator, on: .instagram)
    else { throw Refusal(.instagram, "oauth.code_used") }
    let life = world.switches[.instagramShortLife]
    let token = grants.issue(.short, "IGAA", to: code.creator, code.scopes, life: life)
    let switches = world.switches
    let id = creator.ids.account
    let answer: JSON = [
      "access_token": .string(token),
      "user_id": switches.has(.instagramUserID, "number") ? .number(id) : .string(id),
      "permissions": switches.has(.instagramPermissions, "array")
        ? JSON(code.scopes) : .string(code.scopes.joined(separator: ",")),
    ]
    return Response(
      switches.has(.instagramToken, "flat") ? answer : ["data": .array([answer])]
    )
  }

  private static func refusal(_ message: String) -> Refusal {
    Refusal(
      Response(
        ["error_type": "OAuthException", "code": 400, "error_message": .string(message)],
        status: 400
      )
    )
  }

  /// `GET /access_token`
  func lengthen(_ visit: Visit) throws(Refusal) -> Response {
    try visit.require(.get, .head)
    guard visit.query["grant_type"] == "ig_exchange_token" else {
      throw InstagramFailure.parameter("Invalid grant_type")
    }
    guard visit.query["client_secret"] == world.instagram.client.secret else {
      throw InstagramFailure.parameter("Error validating client secret.", code: 1)
    }
    let token = try InstagramFailure.valid(visit, grants)
    guard token.kind == .short else {
      throw InstagramFailure.parameter("Unsupported request - it is no short-lived token")
    }
    return long(for: token)
  }

  /// `GET /refresh_access_token`. The older token holds until its own end.
  func refresh(_ visit: Visit) throws(Refusal) -> Response {
    try visit.require(.get, .head)
    guard visit.query["grant_type"] == "ig_refresh_token" else {
      throw InstagramFailure.parameter("Invalid grant_type")
    }
    let token = try InstagramFailure.valid(visit, grants)
    guard token.kind == .long else {
      throw InstagramFailure.parameter("Unsupported request - it is no long-lived token")
    }
    guard token.scopes.contains(Instagram.basic) else { throw Refusal(.instagram, "permission") }
    guard world.clock.now - token.issued >= world.switches[.instagramRefreshAge] else {
      throw InstagramFailure.parameter("The access token must be at least 24 hours old")
    }
    return long(for: token)
  }

  private func long(for token: Grants.Token) -> Response {
    let life = world.switches[.instagramLongLife]
    let text = grants.issue(.long, "IGAA", to: token.creator, token.scopes, life: life)
    return Response([
      "access_token": .string(text), "token_type": "bearer", "expires_in": JSON(life),
      "permissions": .string(token.scopes.joined(separator: ",")),
    ])
  }
}
