import Crypto
import HTTP
import JSON
import Loop

/// Google's token endpoint and the one that revokes.
@Loop
final class GoogleTokens {
  /// Live refresh tokens of an account for one application; the oldest gives way.
  private nonisolated static let refreshLimit = 100
  /// A refresh token that is not used so long dies.
  private nonisolated static let idleLimit = 183 * 86_400

  private unowned let world: World

  init(_ world: World) {
    self.world = world
  }

  private var grants: Grants { world.google.grants }

  func exchange(_ visit: Visit) async throws(Refusal) -> Response {
    try visit.require(.post)
    let form = try await visit.form()
    guard isClient(visit, form) else { throw Refusal(.google, "token.invalid_client") }
    switch form["grant_type"] {
    case "authorization_code": return try redeem(form)
    case "refresh_token": return try refresh(form)
    case let type:
      throw Self.refusal("unsupported_grant_type", "Invalid grant_type: \(type ?? "")")
    }
  }

  /// By the form, or by HTTP Basic.
  private func isClient(_ visit: Visit, _ form: Parameters) -> Bool {
    let client = world.google.client
    if let basic = visit.authorization("basic"), let bytes = Base64.decode(basic.utf8.span) {
      let parts = String(decoding: bytes, as: UTF8.self)
        .split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        .map { String($0).percentDecoded }
      return parts == [client.id, client.secret]
    }
    return form["client_id"] == client.id && form["client_secret"] == client.secret
  }

  private func redeem(_ form: Parameters) throws(Refusal) -> Response {
    guard let text = form["code"], let waiting = grants.peek(code: text) else {
      throw Refusal(.google, "token.code_reused")
    }
    guard form["redirect_uri"] == waiting.redirectURI else {
      throw Refusal(.google, "token.redirect_uri_mismatch")
    }
    guard let code = grants.take(code: text) else { throw Refusal(.google, "token.code_reused") }
    if let challenge = code.challenge {
      guard let verifier = form["code_verifier"] else {
        throw Self.refusal("invalid_grant", "Missing code verifier.")
      }
      guard challenge.isMet(by: verifier) else {
        throw Self.refusal("invalid_grant", "Invalid code verifier.")
      }
    }
    var refresh: String?
    if code.isOffline {
      let life = world.switches[.googleRefreshLife]
      refresh = grants.issue(.refresh, "1//0g", to: code.creator, code.scopes, life: life)
      grants.keepNewest(Self.refreshLimit, .refresh, of: code.creator)
    }
    return tokens(for: code.creator, code.scopes, refresh)
  }

  private func refresh(_ form: Parameters) throws(Refusal) -> Response {
    guard let text = form["refresh_token"], case .valid(let token) = grants.state(of: text),
      token.kind == .refresh, world.clock.now - token.used < Self.idleLimit
    else { throw Refusal(.google, "token.invalid_grant") }
    grants.use(text)
    return tokens(for: token.creator, token.scopes, nil)
  }

  private func tokens(for creator: String, _ scopes: [String], _ refresh: String?) -> Response {
    let life = world.switches[.googleAccessLife]
    let access = grants.issue(.access, "ya29.a0", to: creator, scopes, life: life)
    return Response(
      .members([
        "access_token": .string(access), "expires_in": JSON(life),
        "refresh_token": refresh.map { .string($0) },
        "scope": .string(scopes.joined(separator: " ")), "token_type": "Bearer",
        "id_token": scopes.contains("openid")
          ? identity(of: creator, life).map { .string($0) } : nil,
      ])
    )
  }

  /// Signed with the client's secret: nobody who reads it checks more, it came from Google itself.
  private func identity(of key: String, _ life: Int) -> String? {
    guard let creator = world.catalogue.creator(key, on: .youtube) else { return nil }
    let client = world.google.client
    let now = world.clock.now
    let claims: JSON = [
      "iss": "https://accounts.google.com", "aud": .string(client.id), "azp": .string(client.id),
      "sub": .string(creator.ids.person), "email": .string("\(key)@example.com"),
      "email_verified": true, "name": .string(creator.profile.name), "iat": JSON(now),
      "exp": JSON(now + life),
    ]
    let parts = [#"{"alg":"HS256","typ":"JWT"}"#, String(decoding: claims.bytes, as: UTF8.self)]
    let text = parts.map { Base64URL.encode($0.utf8.span) }.joined(separator: ".")
    guard let mac = try? HMACSHA256(key: client.secret.utf8.span),
      let code = try? mac.authenticate(text.utf8.span)
    else { return nil }
    return "\(text).\(Base64URL.encode(code.span))"
  }

  /// Either token ends the whole grant.
  func revoke(_ visit: Visit) async throws(Refusal) -> Response {
    try visit.require(.post)
    let form = try await visit.form()
    guard let text = form["token"] ?? visit.query["token"],
      case .valid(let token) = grants.state(of: text), grants.remove(token.creator)
    else { throw Refusal(.google, "revoke.invalid_token") }
    return Response([:])
  }

  private static func refusal(_ code: String, _ reason: String) -> Refusal {
    Refusal(Response(["error": .string(code), "error_description": .string(reason)], status: 400))
  }
}
