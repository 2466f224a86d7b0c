import Core
import HTTPClient
import JSON
import Loop
import TestSupport
import Testing

@testable import sandbox

/// The platforms as the sandbox plays them, in the test's process.
struct PlayedPlatforms: Sendable {
  let base: String
  let secrets: [String: String]

  static func with<Value>(_ body: (PlayedPlatforms) async throws -> Value) async throws -> Value {
    let secrets = ["YOUTUBE", "INSTAGRAM", "TIKTOK"].reduce(into: [String: String]()) {
      $0["\($1)_CLIENT_ID"] = "sandbox-\($1.lowercased())"
      $0["\($1)_CLIENT_SECRET"] = "the-\($1.lowercased())-secret"
    }
    let configuration = Configuration(
      secrets.merging([
        "LISTEN": "127.0.0.1:0", "SMTP_LISTEN": "127.0.0.1:0",
        "API_EXTERNAL_URL": TestKeys.externalURL,
      ]) { $1 }
    )
    let running = try await onLoop { try RunningResponder(Sandbox.self, configuration) }
    do {
      let played = PlayedPlatforms(base: "http://\(await running.address)", secrets: secrets)
      let value = try await body(played)
      await running.stop(within: .zero)
      return value
    } catch {
      await running.stop(within: .zero)
      throw error
    }
  }

  /// What functions need to find them.
  var settings: [String: String] {
    secrets.merging([
      "VAULT_KEYS": TestVault.keys,
      "GOOGLE_AUTHORIZE_URL": "\(base)/google/o/oauth2/v2/auth",
      "GOOGLE_TOKEN_URL": "\(base)/google/token", "GOOGLE_REVOKE_URL": "\(base)/google/revoke",
      "YOUTUBE_BASE_URL": "\(base)/gapi",
      "INSTAGRAM_AUTHORIZE_URL": "\(base)/instagram/oauth/authorize",
      "INSTAGRAM_API_BASE_URL": "\(base)/instagram", "INSTAGRAM_GRAPH_BASE_URL": "\(base)/ig",
      "TIKTOK_AUTHORIZE_URL": "\(base)/tiktok/v2/auth/authorize/",
      "TIKTOK_BASE_URL": "\(base)/tiktok",
    ]) { $1 }
  }

  /// What a browser does whose owner clicks at once, and where it is sent.
  ///
  /// - Parameters:
  ///   - account: who clicks.
  ///   - grant: what they allow; all of it when nil.
  func consent(
    _ authorizationURL: JSON?,
    as account: String? = nil,
    decision: String = "approve",
    grant: [String]? = nil
  ) async throws -> [String: String] {
    guard case .string(let text)? = authorizationURL else {
      Issue.record("there is no authorization_url")
      return [:]
    }
    var url = text + "&auto=\(decision)"
    if let account { url += "&account=\(account)" }
    if let grant { url += "&grant=\(grant.joined(separator: "%20"))" }
    let answer = try await ask(.get, url)
    guard let location = answer.headers["location"] else {
      Issue.record("the platform answered \(answer.status): \(answer.text.prefix(300))")
      return [:]
    }
    return Self.parameters(of: location)
  }

  /// Tells the sandbox something.
  @discardableResult
  func admin(_ path: String, _ body: String = "{}") async throws -> JSON {
    let answer = try await ask(.post, base + path, body)
    #expect(answer.isSuccess, "\(answer.text)")
    return (try? JSON(parsing: answer.body)) ?? .null
  }

  /// Has the next calls fail whose path holds `path`.
  ///
  /// - Parameter mode: `fail` is 503, `drop` cuts the answer of a call that was carried out.
  func fail(_ target: String, _ path: String, mode: String = "fail", next: Int = 1) async throws {
    try await admin(
      "/faults",
      #"{"\#(target)":{"mode":"\#(mode)","path":"\#(path)","next":\#(next)}}"#
    )
  }

  /// What there is: live tokens, calls, units.
  func state() async throws -> JSON {
    try JSON(parsing: await ask(.get, base + "/admin/state").body)
  }

  /// Those that a platform has, each with its key and its ids.
  func creators(_ platform: String) async throws -> [JSON] {
    let answer = try await ask(.get, "\(base)/admin/creators/\(platform)")
    guard case .array(let list) = try JSON(parsing: answer.body) else { return [] }
    return list
  }

  /// What a creator has published, as the catalogue has it.
  func items(_ platform: String, _ key: String) async throws -> [JSON] {
    var items: [JSON] = []
    while true {
      let query = "offset=\(items.count)&limit=100"
      let answer = try await ask(.get, "\(base)/admin/creators/\(platform)/\(key)/items?\(query)")
      guard case .array(let page)? = try JSON(parsing: answer.body)["items"], !page.isEmpty else {
        return items
      }
      items += page
    }
  }

  private func ask(
    _ method: ClientRequest.Method,
    _ url: String,
    _ body: String = ""
  ) async throws -> ClientResponse {
    try await onLoop {
      try await Client.shared.send(
        ClientRequest(
          method,
          url,
          headers: ["content-type": "application/json"],
          body: Array(body.utf8)
        )
      )
    }
  }

  /// Those of an address' query, decoded.
  static func parameters(of address: String) -> [String: String] {
    let query = address.split(separator: "#")[0].split(separator: "?").dropFirst().first ?? ""
    return query.split(separator: "&").reduce(into: [:]) { parameters, pair in
      let parts = pair.split(separator: "=", maxSplits: 1).map {
        String($0).replacing("+", with: " ").percentDecoded ?? ""
      }
      parameters[parts[0]] = parts.count > 1 ? parts[1] : ""
    }
  }
}
