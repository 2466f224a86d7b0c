import Loop

/// What creators of one platform have granted to the application: codes, tokens, and which of them
/// still hold.
@Loop
final class Grants {
  struct Code: Sendable {
    let creator: String
    let scopes: [String]
    let redirectURI: String
    let challenge: CodeChallenge?
    /// Whether a refresh token comes with it.
    var isOffline = true
    let expires: Int
  }

  struct Token: Sendable {
    enum Kind: String, Sendable { case access, refresh, short, long }

    let kind: Kind
    let creator: String
    let scopes: [String]
    let issued: Int
    var expires: Int
    var used: Int
    fileprivate let generation: Int
  }

  enum State: Sendable {
    case valid(Token)
    case expired(Token)
    /// The creator took it back, or it was replaced.
    case revoked(Token)
    case unknown
  }

  struct Grant: Sendable {
    var scopes: [String]
    let since: Int
    fileprivate let generation: Int
  }

  private nonisolated static let tokenLimit = 50_000
  private nonisolated static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
  )

  private let clock: WorldClock
  private var codes: [String: Code] = [:]
  private var tokens: [String: Token] = [:]
  /// In their order; those that are gone are dropped now and then.
  private var issued: [String] = []
  private(set) var grants: [String: Grant] = [:]
  private var generation = 0

  init(_ clock: WorldClock) {
    self.clock = clock
  }

  func reset() {
    codes = [:]
    tokens = [:]
    grants = [:]
    issued = []
  }

  // MARK: - Consent

  /// Takes down a consent; earlier scopes stay granted where they are to be kept.
  ///
  /// - Returns: whether it is the creator's first.
  @discardableResult
  func grant(_ creator: String, _ scopes: [String], keepsEarlier: Bool = false) -> Bool {
    if var earlier = grants[creator] {
      let kept = keepsEarlier ? earlier.scopes.filter { !scopes.contains($0) } : []
      earlier.scopes = kept + scopes
      grants[creator] = earlier
      return false
    }
    generation += 1
    grants[creator] = Grant(scopes: scopes, since: clock.now, generation: generation)
    return true
  }

  /// Ends a creator's grant, and with it all tokens.
  func remove(_ creator: String) -> Bool {
    grants.removeValue(forKey: creator) != nil
  }

  // MARK: - Codes

  func issue(_ code: Code, _ prefix: String, _ suffix: String = "") -> String {
    let text = prefix + Self.random(48) + suffix
    codes[text] = code
    if codes.count > 10_000 { codes = codes.filter { $0.value.expires > clock.now } }
    return text
  }

  /// Nil when it is unknown, used or expired. It is used now.
  func take(code text: String) -> Code? {
    defer { codes[text] = nil }
    return peek(code: text)
  }

  /// Without using it.
  func peek(code text: String) -> Code? {
    codes[text].flatMap { $0.expires > clock.now ? $0 : nil }
  }

  // MARK: - Tokens

  /// - Parameter life: in seconds.
  func issue(
    _ kind: Token.Kind,
    _ prefix: String,
    to creator: String,
    _ scopes: [String],
    life: Int
  ) -> String {
    let text = prefix + Self.random(64)
    tokens[text] = Token(
      kind: kind,
      creator: creator,
      scopes: scopes,
      issued: clock.now,
      expires: clock.now + life,
      used: clock.now,
      generation: grants[creator]?.generation ?? 0
    )
    issued.append(text)
    if issued.count > Self.tokenLimit {
      for oldest in issued.prefix(Self.tokenLimit / 2) { tokens[oldest] = nil }
      issued.removeFirst(Self.tokenLimit / 2)
    }
    return text
  }

  func state(of text: String) -> State {
    guard let token = tokens[text] else { return .unknown }
    guard token.generation == grants[token.creator]?.generation else { return .revoked(token) }
    guard token.expires > clock.now else { return .expired(token) }
    return .valid(token)
  }

  /// Takes down that it was used; one that is never used may die.
  func use(_ text: String) {
    tokens[text]?.used = clock.now
  }

  /// Makes one token worthless.
  func forget(_ text: String) {
    tokens[text] = nil
  }

  /// Makes all tokens of a creator that are of this kind worthless but the newest so many.
  func keepNewest(_ limit: Int, _ kind: Token.Kind, of creator: String) {
    let live = issued.filter { tokens[$0]?.creator == creator && tokens[$0]?.kind == kind }
    for text in live.dropLast(limit) { tokens[text] = nil }
  }

  /// How many tokens could be used now.
  var liveCount: Int {
    tokens.values.count {
      $0.expires > clock.now && $0.generation == grants[$0.creator]?.generation
    }
  }

  /// From the system's randomness.
  nonisolated static func random(_ count: Int) -> String {
    String((0..<count).compactMap { _ in alphabet.randomElement() })
  }
}
