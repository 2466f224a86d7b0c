import HTTPClient
import Loop
import Postgres

@testable import Platforms

/// What stands for the network.
@Loop
final class StubTransport: Transport {
  private(set) var requests: [ClientRequest] = []
  private let answer: @Loop (ClientRequest) async throws(ClientError) -> ClientResponse

  init(_ answer: @escaping @Loop (ClientRequest) async throws(ClientError) -> ClientResponse) {
    self.answer = answer
  }

  func send(_ request: ClientRequest) async throws(ClientError) -> ClientResponse {
    requests.append(request)
    return try await answer(request)
  }
}

/// Tokens that live as long as the test.
@Loop
final class StubTokens: AccessTokens {
  static let token = "secret-token-of-the-test"

  func current() async throws -> String { Self.token }

  func replacement(of refused: String) async throws -> String {
    throw PlatformFailure(.youtube, .reauth, code: "invalid_grant", "link again")
  }
}

extension AccountClient {
  /// Of an account that is nobody's.
  convenience init(
    _ platform: Platform,
    _ transport: any Transport,
    scopes: [String]? = nil
  ) {
    let nobody = UUID(high: 0, low: 0)
    self.init(
      LinkedAccount(
        socialAccountId: nobody,
        connectionId: nobody,
        userId: nobody,
        platform: platform,
        platformUserId: "UC1",
        scopes: scopes ?? platform.scopes
      ),
      tokens: StubTokens(),
      client: Client(transport: transport)
    )
  }
}

extension ClientResponse {
  init(_ text: String, status: Int = 200) {
    self.init(status: status, body: Array(text.utf8))
  }
}

extension ClientRequest {
  /// Whether its path ends so.
  func asks(_ path: String) -> Bool {
    url.split(separator: "?").first?.hasSuffix(path) ?? false
  }

  /// The value of a parameter, as it was sent.
  func parameter(_ name: String) -> String? {
    guard let query = url.split(separator: "?").dropFirst().first else { return nil }
    for pair in query.split(separator: "&") where pair.hasPrefix("\(name)=") {
      return String(pair.dropFirst(name.utf8.count + 1))
    }
    return nil
  }
}
