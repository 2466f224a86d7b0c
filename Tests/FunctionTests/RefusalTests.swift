import HTTPClient
import Testing

@testable import Platforms
@testable import sandbox

@Suite("What a platform refuses with, as the sandbox plays it") struct RefusalTests {
  @Test("is taken for what it is, row by row", arguments: ErrorRow.all)
  func rows(_ row: ErrorRow) throws {
    let platform = try #require(row.platform)
    let response = ClientResponse(status: row.status, body: Array(row.body.utf8))
    let refusal =
      row.isOfOAuth ? TokenRefusal.of(platform, response) : platform.refusal(in: response)
    #expect(refusal.map { ErrorRow.Class($0.kind) } == row.kind)
  }

  @Test("concerns each of the three platforms, their sign-ins too")
  func hasRows() {
    for platform in Platforms.Platform.allCases {
      for isOfOAuth in [true, false] {
        let rows = ErrorRow.all.filter { $0.platform == platform && $0.isOfOAuth == isOfOAuth }
        #expect(rows.count > 1)
      }
    }
  }
}

extension ErrorRow: CustomTestStringConvertible {
  public var testDescription: String { "\(target) \(name)" }

  fileprivate var platform: Platforms.Platform? {
    target == .google ? .youtube : Platforms.Platform(rawValue: target.rawValue)
  }
}

extension ErrorRow.Class {
  fileprivate init(_ kind: PlatformFailure.Kind) {
    switch kind {
    case .retry: self = .retryable
    case .quota: self = .quota
    case .reauth, .missingScopes: self = .reauth
    case .permanent: self = .permanent
    }
  }
}
