import Core
import HTTPClient
package import Loop
import Postgres
import Telemetry

/// The tokens of a linked account, from the vault: refreshed before they run out, and when the
/// platform says that they are dead.
///
/// One refresher a connection over all processes: whoever holds the lease asks the platform, the
/// others wait for what it stores. New tokens are stored before anybody uses them.
@Loop
package final class ConnectionTokens: AccessTokens {
  /// How long a refresher has the connection for itself: longer than two requests may take.
  static let lease: Duration = .seconds(60)

  struct Held {
    /// Of the sealed secret, which is new with each refresh.
    let id: UUID
    let tokens: Tokens
  }

  let account: LinkedAccount
  let store: TokenStore
  private let oauth: @Loop () async throws -> any PlatformOAuth
  private var held: Held?
  private static let refreshes = Metrics.shared.counters(
    "oauth_refreshes_total",
    "Refreshes of platforms' tokens.",
    labels: "platform",
    "outcome"
  )

  /// - Parameter oauth: asked for when there is something to refresh.
  package init(
    _ account: LinkedAccount,
    store: TokenStore,
    oauth: @escaping @Loop () async throws -> any PlatformOAuth
  ) {
    self.account = account
    self.store = store
    self.oauth = oauth
  }

  package func current() async throws -> String {
    let held = try await load()
    guard account.platform.isDue(held.tokens, at: .now) else { return held.tokens.accessToken }
    return try await renewed(insteadOf: held).tokens.accessToken
  }

  package func replacement(of refused: String) async throws -> String {
    held = nil
    let held = try await load()
    guard held.tokens.accessToken == refused else { return try await current() }
    return try await renewed(insteadOf: held).tokens.accessToken
  }

  package func giveUp(_ failure: PlatformFailure) async {
    guard let held else { return }
    self.held = nil
    do {
      try await store.requireRelink(account.connectionId, secret: held.id, failure.message)
    } catch {
      Log.warning("a dead connection was not noted") { $0.add("error", error: error) }
    }
  }

  /// Has new tokens in place of those that are there now, whatever their age.
  package func renew() async throws {
    held = nil
    _ = try await renewed(insteadOf: load())
  }

  private func load() async throws -> Held {
    if let held { return held }
    guard let loaded = try await store.load(account.connectionId, for: "call") else {
      throw account.platform.mustBeLinkedAgain
    }
    held = loaded
    return loaded
  }

  // MARK: - Refreshing

  /// - Parameter old: tokens that are not good enough.
  private func renewed(insteadOf old: Held) async throws -> Held {
    let holder = try UUID.random()
    let end = Instant.now + Self.lease
    var wait: Duration = .milliseconds(50)
    while true {
      guard
        let begun = try await store.begin(account.connectionId, holder: holder, lease: Self.lease)
      else { throw account.platform.mustBeLinkedAgain }
      if begun.held.id != old.id {
        if begun.isMine { try await store.release(account.connectionId, holder: holder, nil) }
        held = begun.held
        return begun.held
      }
      if begun.isMine {
        // A rotating refresh that is given up half-way has killed the old token and not yet stored
        // the new one: it goes on when the request that wanted it is over.
        let refreshing = Loop.task { [self] () -> Result<Held, any Error> in
          do {
            return .success(try await refresh(begun.held, holder: holder))
          } catch {
            return .failure(error)
          }
        }
        let new = try await refreshing.value.get()
        held = new
        return new
      }
      guard Instant.now < end else {
        throw PlatformFailure(
          account.platform,
          .retry(after: .seconds(5)),
          code: "refresh_busy",
          "the account's token is being refreshed, try again"
        )
      }
      try await Loop.sleep(for: wait)
      wait = min(wait * 2, .seconds(1))
    }
  }

  private func refresh(_ old: Held, holder: UUID) async throws -> Held {
    let platform = account.platform
    do {
      guard platform.canRefresh(old.tokens, at: .now) else { throw platform.mustBeLinkedAgain }
      let grant = try await ask(old.tokens)
      if let failure = grant.scopes.flatMap(platform.lack) { throw failure }
      let new = try await store.finish(account, holder: holder, grant)
      Self.refreshes[platform.rawValue, "ok"].add()
      guard let new else {
        // Linked anew or unlinked meanwhile: what is there now counts.
        guard let other = try await store.load(account.connectionId, for: "call") else {
          if platform.takesRevocations, grant.tokens.refreshToken != old.tokens.refreshToken {
            try await store.revoke(account.connectionId, with: grant.tokens)
          }
          throw platform.mustBeLinkedAgain
        }
        return other
      }
      return new
    } catch let failure as PlatformFailure where failure.endsConnection {
      Self.refreshes[platform.rawValue, "dead"].add()
      try await store.requireRelink(account.connectionId, secret: old.id, failure.message)
      throw failure
    } catch {
      Self.refreshes[platform.rawValue, "failed"].add()
      let words = (error as? PlatformFailure)?.message
      try? await store.release(account.connectionId, holder: holder, words)
      throw error
    }
  }

  /// An answer that was lost may have rotated the token: once more, and what the platform says then
  /// is final. One that names no scope at all does not speak of them.
  private func ask(_ tokens: Tokens) async throws -> Grant {
    let oauth = try await oauth()
    var grant: Grant
    do {
      grant = try await oauth.refresh(tokens)
    } catch let failure as PlatformFailure where failure.isLost {
      grant = try await oauth.refresh(tokens)
    }
    if grant.scopes == [] { grant.scopes = nil }
    return grant
  }
}

extension Platform {
  var mustBeLinkedAgain: PlatformFailure {
    PlatformFailure(self, .reauth, code: "no_tokens", "this account has to be linked again")
  }

  /// Whether tokens are to be refreshed before the next call.
  func isDue(_ tokens: Tokens, at now: Timestamp) -> Bool {
    let isNear = tokens.expiresAt <= now.advanced(by: margin)
    // Too young to be refreshed, it is used to its end.
    return isNear && (tokens.issuedAt.advanced(by: minimumAge) <= now || tokens.expiresAt <= now)
  }

  /// Whether there is any use in asking.
  func canRefresh(_ tokens: Tokens, at now: Timestamp) -> Bool {
    if let end = tokens.refreshExpiresAt, end <= now { return false }
    return self == .instagram ? tokens.expiresAt > now : tokens.refreshToken != nil
  }
}

extension PlatformFailure {
  /// The request may have been carried out, and its answer was lost on the way.
  var isLost: Bool {
    ["timeout", "disconnected", "invalidResponse", "tooLarge", "unreadable"].contains(code)
  }

  /// Its owner must link the account again before anything can be done with it.
  var endsConnection: Bool {
    switch kind {
    case .reauth, .missingScopes: true
    default: false
    }
  }
}
