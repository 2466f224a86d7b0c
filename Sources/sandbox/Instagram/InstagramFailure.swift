import HTTP
import JSON
import Loop

/// What the graph answers to a token or a request that it does not take.
@Loop
enum InstagramFailure {
  /// - Throws: ``Refusal`` that says why the call's token does not hold.
  static func valid(_ visit: Visit, _ grants: Grants) throws(Refusal) -> Grants.Token {
    guard let text = visit.query["access_token"] ?? visit.bearer else {
      throw Refusal(.instagram, "malformed_token")
    }
    switch grants.state(of: text) {
    case .valid(let token): return token
    case .expired: throw Refusal(.instagram, "token_expired")
    case .revoked: throw Refusal(.instagram, "app_deauthorized")
    case .unknown: throw Refusal(.instagram, "malformed_token")
    }
  }

  static func parameter(_ message: String, code: Int = 100, subcode: Int? = nil) -> Refusal {
    error("(#\(code)) \(message)", "OAuthException", code, subcode, status: 400)
  }

  /// There is no such object, or it is somebody else's.
  static func noObject(_ id: String) -> Refusal {
    error(
      "Unsupported get request. Object with ID '\(id)' does not exist, cannot be loaded due to "
        + "missing permissions, or does not support this operation",
      "GraphMethodException",
      100,
      33,
      status: 400
    )
  }

  static func noField(_ name: String, on type: String) -> Refusal {
    parameter("Tried accessing nonexisting field (\(name)) on node type (\(type))")
  }

  static let closed = error(
    "Error validating access token: The user is in a checkpointed state",
    "OAuthException",
    190,
    459,
    status: 400
  )

  private static func error(
    _ message: String,
    _ type: String,
    _ code: Int,
    _ subcode: Int?,
    status: Int
  ) -> Refusal {
    let error = JSON.members([
      "message": .string(message), "type": .string(type), "code": JSON(code),
      "error_subcode": subcode.map { JSON($0) }, "fbtrace_id": .string(Grants.random(11)),
    ])
    return Refusal(Response(["error": error], status: status))
  }
}
