package import HTTPClient
package import Loop

/// Where an ``AccountClient`` has its tokens from.
@Loop
package protocol AccessTokens: Sendable {
  /// One that does not run out while a call is made.
  func current() async throws -> String

  /// A newer one in place of one that the platform has refused.
  ///
  /// - Throws: ``PlatformFailure`` with `reauth` when there can be none.
  func replacement(of refused: String) async throws -> String

  /// Notes that nothing can be done until the account is linked again.
  func giveUp(_ failure: PlatformFailure) async
}

extension AccessTokens {
  package func giveUp(_ failure: PlatformFailure) async {}
}

/// Calls a platform in the name of one linked account: puts the token in, has it refreshed before
/// it runs out, and once after the platform says that it is dead.
@Loop
package final class AccountClient {
  package let account: LinkedAccount
  private let tokens: any AccessTokens
  private let client: Client
  /// Why no call may be made any more.
  private var pause: PlatformFailure?

  package init(_ account: LinkedAccount, tokens: any AccessTokens, client: Client = .shared) {
    self.account = account
    self.tokens = tokens
    self.client = client
  }

  /// - Parameters:
  ///   - isVital: whether the account is worth nothing without what is asked for; else it stays in
  ///     use when its owner has not allowed that.
  ///   - make: the request with the token in it; called again when that is replaced.
  /// - Returns: an answer that is a success.
  /// - Throws: ``PlatformFailure`` for everything else that the platform or the way there says.
  package func send(
    isVital: Bool = true,
    _ make: (_ token: String) -> ClientRequest
  ) async throws -> ClientResponse {
    let token = try await tokens.current()
    do {
      do {
        return try await attempt(make(token))
      } catch let failure as PlatformFailure where failure.saysTokenIsDead {
        return try await attempt(make(tokens.replacement(of: token)))
      }
    } catch let failure as PlatformFailure where failure.endsConnection {
      if isVital || failure.kind == .reauth { await tokens.giveUp(failure) }
      throw failure
    }
  }

  /// - Throws: ``PlatformFailure`` with `missingScopes` when its owner has not allowed what is needed.
  package func requireScopes() async throws {
    guard let failure = account.platform.lack(in: account.scopes) else { return }
    _ = try await tokens.current()
    await tokens.giveUp(failure)
    throw failure
  }

  private func attempt(_ request: ClientRequest) async throws -> ClientResponse {
    if let pause { throw pause }
    let platform = account.platform
    let response: ClientResponse
    do {
      response = try await client.send(request)
    } catch {
      throw PlatformFailure(platform, unreachable: error)
    }
    if let refusal = platform.refusal(in: response) { throw refusal }
    pause = platform.pause(after: response)
    return response
  }
}

extension PlatformFailure {
  /// No answer came.
  init(_ platform: Platform, unreachable error: ClientError) {
    self.init(
      platform,
      .retry(after: nil),
      code: "\(error.kind)",
      "\(platform.name) could not be reached: \(error.kind.rawValue)"
    )
  }

  /// Another token may be taken; what YouTube does not allow to the account is no matter of that.
  var saysTokenIsDead: Bool {
    kind == .reauth && !["forbidden", "accountDelegationForbidden"].contains(code)
  }
}
