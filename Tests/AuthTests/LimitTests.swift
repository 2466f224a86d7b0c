import Crypto
import Glibc
import JSON
import TestSupport
import Testing

@testable import auth

@Suite("An address's limit")
struct LimitTests {
  private static let proxyKey = "a key that only the dispatcher has"
  private static let few = [
    "AUTH_RATE_LIMITS": "on", "AUTH_RATE_LIMIT": "3", "AUTH_RATE_LIMIT_TOKEN": "5",
    "AUTH_RATE_LIMIT_ANONYMOUS": "2", "AUTH_ANONYMOUS_ENABLED": "on", "EDGE_PROXY_KEY": proxyKey,
  ]

  /// The field with which the dispatcher says where a request came from.
  private static func from(_ address: String, key: String = proxyKey) throws -> [String: String] {
    let signed = "\(address);t=\(Int(time(nil)))"
    let mac = try HMACSHA256(key: key.utf8.span)
    let code = try mac.authenticate(signed.utf8.span)
    return ["X-StreamVibe-Client": "\(signed);v1=\(Hex.encode(code.span))"]
  }

  @Test(
    "holds for each endpoint, exactly and also in a storm",
    arguments: [
      ("POST", "signup", 3), ("POST", "recover", 3), ("POST", "resend", 3), ("POST", "otp", 3),
      ("POST", "magiclink", 3), ("POST", "verify", 3), ("GET", "verify", 3), ("PUT", "user", 3),
      ("POST", "token?grant_type=password", 5), ("POST", "token?grant_type=refresh_token", 5),
    ]
  )
  func isExact(_ method: String, _ path: String, _ limit: Int) async throws {
    try await TestAuth.with(Self.few) { auth async throws in
      let headers = try Self.from("203.0.113.1")
      let body: JSON? = method == "GET" ? nil : ["email": "x"]
      let answers = try await storm(of: 12) { _ in
        try await auth.send(method, path, body, headers: headers)
      }
      let refused = answers.filter { $0.status == 429 }
      #expect(refused.count == 12 - limit)
      #expect(refused.allSatisfy { $0.errorCode == "over_request_rate_limit" })
      #expect(refused.allSatisfy { $0.headers["retry-after"] != nil })
      let other = try Self.from("203.0.113.2")
      #expect(try await auth.send(method, path, body, headers: other).status != 429)
    }
  }

  @Test("of anonymous sign-ins is their own, beside that of sign-ups")
  func countsAnonymous() async throws {
    try await TestAuth.with(Self.few) { auth async throws in
      var statuses: [Int] = []
      for _ in 0..<3 {
        let headers = try Self.from("203.0.113.1")
        statuses.append(try await auth.post("signup", .object([]), headers: headers).status)
      }
      #expect(statuses == [200, 200, 429])
    }
  }

  @Test("goes by the address that the dispatcher signed, and by none that somebody claims")
  func trustsSignatures() async throws {
    try await TestAuth.with(Self.few) { auth async throws in
      for number in 0..<5 {
        let forged = try Self.from("203.0.113.\(number)", key: "another key")
        let headers = forged.merging(["X-Forwarded-For": "198.51.100.\(number)"]) { $1 }
        let status = try await auth.post("recover", ["email": "x"], headers: headers).status
        #expect(status == (number < 3 ? 400 : 429))
      }
    }
  }

  @Test("does not hold admins up, and can be switched off")
  func hasExceptions() async throws {
    try await TestAuth.with(Self.few) { auth async throws in
      for _ in 0..<8 {
        #expect(try await auth.send("GET", "admin/users", token: auth.service).status == 200)
      }
    }
    try await TestAuth.with { auth async throws in
      for _ in 0..<40 {
        #expect(try await auth.post("recover", ["email": "x"]).status == 400)
      }
    }
  }
}
