import HTTP
import JSON

/// An answer with which a platform refuses; tests pick one by its name.
struct ErrorRow: Sendable {
  /// What whoever gets it is to do.
  enum Class: String, Sendable { case retryable, reauth, quota, permanent }

  let target: FaultTarget
  let name: String
  let status: Int
  let kind: Class
  /// JSON.
  let body: String

  init(_ target: FaultTarget, _ name: String, _ status: Int, _ kind: Class, _ body: String) {
    self.target = target
    self.name = name
    self.status = status
    self.kind = kind
    self.body = body
  }

  static let all = google + instagram + tiktok

  static func of(_ target: FaultTarget, _ name: String) -> ErrorRow? {
    all.first { $0.target == target && $0.name == name }
  }

  /// Whether it is what signing in says: its name then begins with the endpoint's.
  var isOfOAuth: Bool {
    target == .google || name.hasPrefix("oauth.")
  }

  var response: Response {
    var response = Response(status: status, json: Array(body.utf8))
    response.headers.append(("cache-control", "no-store"))
    return response
  }
}

/// What can be made to fail.
enum FaultTarget: String, Sendable, CaseIterable {
  /// Google's accounts: consent and tokens.
  case google
  case youtube
  case instagram
  case tiktok
  case smtp
}

extension Refusal {
  /// As a platform says it.
  init(_ target: FaultTarget, _ name: String) {
    self.init(ErrorRow.of(target, name)?.response ?? Response(status: 500))
  }
}
