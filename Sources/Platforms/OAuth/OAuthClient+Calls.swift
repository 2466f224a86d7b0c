import Core
import HTTPClient
import JSON
import Loop
import Postgres

extension OAuthClient {
  /// - Throws: ``PlatformFailure`` when no answer comes.
  @Loop
  func send(_ platform: Platform, _ request: ClientRequest) async throws -> ClientResponse {
    do {
      return try await client.send(request)
    } catch {
      throw PlatformFailure(platform, unreachable: error)
    }
  }

  /// Asks a token endpoint.
  ///
  /// - Returns: its answer, an object.
  /// - Throws: ``PlatformFailure`` for anything that is no success.
  @Loop
  func ask(_ platform: Platform, _ request: ClientRequest) async throws -> JSON {
    let response = try await send(platform, request)
    if let refusal = TokenRefusal.of(platform, response) { throw refusal }
    guard let object = response.object else {
      throw PlatformFailure(platform, unreadable: "tokens were expected")
    }
    return object
  }
}

extension ClientRequest {
  /// POST of a form (application/x-www-form-urlencoded). It is never sent twice by itself.
  static func form(_ url: String, _ fields: [(String, String?)]) -> ClientRequest {
    ClientRequest(
      .post,
      url,
      headers: ["content-type": "application/x-www-form-urlencoded", "accept": "application/json"],
      body: Array(Self.query(fields).utf8)
    )
  }

  /// `name=value&…`; what is nil is left out.
  static func query(_ fields: [(String, String?)]) -> String {
    fields.compactMap { name, value in value.map { "\(name)=\($0.percentEncoded)" } }
      .joined(separator: "&")
  }
}

extension Grant {
  /// - Parameters:
  ///   - answer: a token endpoint's (RFC 6749 §5.1), or what a platform has in its place.
  ///   - asked: when it was asked, which is no later than when the tokens began.
  ///   - old: what a refresh began with; what the answer leaves out is kept.
  init(_ platform: Platform, _ answer: JSON, asked: Timestamp, old: Tokens? = nil) throws {
    guard let accessToken = answer["access_token"]?.text, !accessToken.isEmpty else {
      throw PlatformFailure(platform, unreadable: "it has no access token")
    }
    guard let seconds = answer["expires_in"]?.integer, seconds > 0 else {
      throw PlatformFailure(platform, unreadable: "it does not say how long the token lasts")
    }
    let refresh = (answer["refresh_expires_in"] ?? answer["refresh_token_expires_in"])?.integer
    let refreshToken = answer["refresh_token"]?.text.flatMap { $0.isEmpty ? nil : $0 }
    tokens = Tokens(
      accessToken: accessToken,
      refreshToken: refreshToken ?? old?.refreshToken,
      issuedAt: asked,
      expiresAt: asked.advanced(by: Self.seconds(seconds)),
      refreshExpiresAt: refresh.map { asked.advanced(by: Self.seconds($0)) }
        ?? (refreshToken == nil ? old?.refreshExpiresAt : nil)
    )
    scopes = Self.scopes(answer["scope"] ?? answer["permissions"])
  }

  /// Ten years at most, so that no platform's number leaves the calendar.
  private static func seconds(_ number: Int) -> Duration { .seconds(min(number, 315_360_000)) }

  /// A text with spaces or commas between, or a list.
  static func scopes(_ value: JSON?) -> [String]? {
    switch value {
    case .string(let text)?:
      text.split(whereSeparator: { $0 == " " || $0 == "," }).map(String.init)
    case .array(let elements)?: elements.compactMap(\.text)
    default: nil
    }
  }
}
