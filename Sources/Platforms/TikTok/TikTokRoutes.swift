package import Core
import Crypto
import HTTP
import JSON
import Loop
import Postgres

/// What TikTok tells of its users.
///
/// https://developers.tiktok.com/doc/webhooks-verification
package enum TikTokRoutes {
  package static let all = [Platform.tiktok.returnRoute, webhook]

  /// How far a signature's time may be from now, both ways: what is older may be a replay.
  static let window = 300

  private static let webhook = Route(
    .post,
    "/webhook",
    "TikTok tells of something; a removed authorisation unlinks the account.",
    isExempt: true,
    bodyType: "application/json",
    answers: [
      (200, "Taken, or of no matter."), (401, "It is not signed by TikTok (UNAUTHORIZED)."),
    ]
  ) { (request: RawRequest, call: Call<Visitor>) in
    let secret = try await call.secret(.clientSecret(.tiktok))
    let key = try await call.secret(.clientID(.tiktok))
    let header = request.header("tiktok-signature") ?? ""
    guard try isSigned(request.body, header, secret: secret, now: Timestamp.now.unixSeconds) else {
      throw Failure.unauthorized("this is not signed by TikTok, or too long ago")
    }
    guard let told = try? JSON(parsing: request.body), told["client_key"] == .string(key) else {
      throw Failure(.invalidRequest, "this is no event of this client's")
    }
    if told["event"] == "authorization.removed", let user = told["user_openid"]?.text {
      let time = told["create_time"]?.integer.map { Timestamp(unixSeconds: $0) } ?? .now
      try await call.database.run(
        """
        select internal.authorisation_removed(
            'tiktok', \(user), \(time), \(reason(told["content"])))
        """
      )
    }
    return .json(["success": true])
  }

  /// - Parameter header: `t=<unix seconds>,s=<hexadecimal HMAC-SHA256 of "t.body">`.
  static func isSigned(
    _ body: [UInt8],
    _ header: String,
    secret: String,
    now: Int
  ) throws -> Bool {
    let parts = header.split(separator: ",").map { $0.drop(while: \.isWhitespace) }
    guard parts.count == 2, parts[0].hasPrefix("t="), parts[1].hasPrefix("s="),
      let time = Int(parts[0].dropFirst(2)), abs(now - time) <= window,
      let signature = Hex.decode(Array(parts[1].dropFirst(2).utf8).span)
    else { return false }
    let signed = Array("\(parts[0].dropFirst(2)).".utf8) + body
    return try HMACSHA256(key: secret.utf8.span).isValid(signature.span, for: signed.span)
  }

  /// - Parameter content: JSON in a string: `{"reason": 1}`.
  private static func reason(_ content: JSON?) -> String {
    let inner = content?.text.flatMap { try? JSON(parsing: Array($0.utf8)) } ?? content
    switch inner?["reason"]?.integer {
    case 1: return "the app was removed on TikTok"
    case 2: return "the account was deleted on TikTok"
    case 3: return "the account's age was changed on TikTok"
    case 4: return "the account was banned on TikTok"
    case 5: return "the authorisation was taken back on our side"
    default: return "TikTok took the authorisation back"
    }
  }
}
