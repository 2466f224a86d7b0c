import Crypto
import HTTP
import HTTPClient
import JSON
import Loop

/// A creator takes the application's access away at the platform, which tells the application, in
/// the way of its own.
@Loop
final class Removal {
  private unowned let world: World

  init(_ world: World) {
    self.world = world
  }

  /// `{"url": "…", "reason": 1, "tampered": false, "times": 2}`; without a URL nobody is told.
  func answer(_ visit: Visit, _ creator: Creator) async throws(Refusal) -> Response {
    let json = try await visit.json()
    try json.check(["url", "reason", "tampered", "keep", "times"])
    let reason = try json.whole(of: "reason", in: 0...5) ?? 1
    let isTampered = try json.flag(of: "tampered") ?? false
    let times = try json.whole(of: "times", in: 1...100) ?? 1
    let platform = creator.profile.platform
    let state = world.state(of: platform)
    let wasGranted = state.grants.grants[creator.profile.key] != nil
    if try json.flag(of: "keep") != true { _ = state.grants.remove(creator.profile.key) }
    guard let url = try json.text(of: "url") else {
      return Response(["was_granted": .bool(wasGranted)])
    }
    var request: ClientRequest
    switch platform {
    case .youtube: throw Refusal(422, "Google tells nobody")
    case .instagram: request = try deauthorization(of: creator, to: url)
    case .tiktok: request = try event(of: creator, reason, to: url)
    }
    if isTampered { request.body = Self.tampered(request.body) }
    var answers: [ClientResponse] = []
    for _ in 0..<times { answers.append(try await send(request)) }
    return Response([
      "was_granted": .bool(wasGranted), "status": JSON(answers.last?.status ?? 0),
      "statuses": .array(answers.map { JSON($0.status) }),
      "body": .string(String((answers.last?.text ?? "").prefix(4096))),
      "sent": .string(String(decoding: request.body, as: UTF8.self)),
    ])
  }

  private func send(_ request: ClientRequest) async throws(Refusal) -> ClientResponse {
    do {
      return try await Client.shared.send(request)
    } catch {
      throw Refusal(502, "\(request.url) could not be told: \(error)")
    }
  }

  /// The last byte that can change without breaking the form.
  private static func tampered(_ body: [UInt8]) -> [UInt8] {
    var body = body
    guard
      let place = body.lastIndex(where: { (0x30...0x38).contains($0) || (0x61...0x79).contains($0) }
      )
    else { return body }
    body[place] += 1
    return body
  }

  // MARK: - Instagram

  /// A form with `signed_request`: base64url(HMAC-SHA256(secret, payload)) "." payload.
  private func deauthorization(
    of creator: Creator,
    to url: String
  ) throws(Refusal) -> ClientRequest {
    let payload: JSON = [
      "algorithm": "HMAC-SHA256", "issued_at": JSON(world.clock.now),
      "user_id": .string(creator.ids.account),
    ]
    let bytes = payload.bytes
    let text = Base64URL.encode(bytes.span)
    let signature = try Self.code(world.instagram.client.secret, text)
    let request = "\(Base64URL.encode(signature.span)).\(text)"
    return ClientRequest(
      .post,
      url,
      headers: ["content-type": "application/x-www-form-urlencoded"],
      body: Array("signed_request=\(request.percentEncoded)".utf8)
    )
  }

  // MARK: - TikTok

  /// JSON, and `TikTok-Signature: t=…,s=…` over the time and the body.
  private func event(
    of creator: Creator,
    _ reason: Int,
    to url: String
  ) throws(Refusal) -> ClientRequest {
    let now = world.clock.now
    let json: JSON = [
      "client_key": .string(world.tiktok.client.id), "event": "authorization.removed",
      "create_time": JSON(now), "user_openid": .string(creator.ids.account),
      "content": .string("{\"reason\": \(reason) }"),
    ]
    let body = json.bytes
    let text = "\(now).\(String(decoding: body, as: UTF8.self))"
    let signature = try Self.code(world.tiktok.client.secret, text)
    return ClientRequest(
      .post,
      url,
      headers: [
        "content-type": "application/json",
        "tiktok-signature": "t=\(now),s=\(Hex.encode(signature.span))",
      ],
      body: body
    )
  }

  private static func code(_ secret: String, _ text: String) throws(Refusal) -> [UInt8] {
    guard let mac = try? HMACSHA256(key: secret.utf8.span),
      let code = try? mac.authenticate(text.utf8.span)
    else { throw Refusal(500, "the library can't sign") }
    return code
  }
}
