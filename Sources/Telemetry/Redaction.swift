/// Finds what must not be in a log: JSON web tokens, bearer and basic credentials, passwords in
/// URLs, values of parameters such as `access_token=`, providers' keys and mail addresses.
///
/// It is the last line of defence, not the first: no code logs a secret on purpose. It would rather
/// hide too much than too little.
package enum Redaction {
  /// Stands where a secret was.
  package static let mark: StaticString = "[redacted]"

  /// `text` with every secret replaced by ``mark``.
  package static func redacted(_ text: String) -> String {
    var text = text
    return text.withUTF8 { bytes in
      var result: [UInt8] = []
      var position = 0
      while position < bytes.count {
        let secret = next(in: bytes, from: position)
        result.append(contentsOf: bytes[position..<(secret?.lowerBound ?? bytes.count)])
        if secret != nil { result.append(mark) }
        position = secret?.upperBound ?? bytes.count
      }
      return String(decoding: result, as: UTF8.self)
    }
  }

  /// The first stretch at or after `start` that has to be hidden; never empty.
  static func next(in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Range<Int>? {
    let scanner = Scanner(text: text, start: start)
    for index in start..<text.count where isPivot[Int(text[index])] {
      let secret: Range<Int>? =
        switch text[index] {
        case UInt8(ascii: "J"): scanner.webToken(at: index)
        case UInt8(ascii: "@"): scanner.mailAddress(at: index, index + 1)
        case UInt8(ascii: "%"): scanner.escaped(at: index)
        case UInt8(ascii: " "), UInt8(ascii: "+"): scanner.credentials(at: index, index + 1)
        case UInt8(ascii: ":"): scanner.userInfo(at: index) ?? scanner.member(at: index)
        case UInt8(ascii: "="): scanner.parameter(at: index)
        default: scanner.providerKey(at: index)
        }
      if let secret, !secret.isEmpty { return secret }
    }
    return nil
  }

  /// The bytes that every secret has one of; all others are passed over without a look.
  private static let isPivot: [Bool] = {
    var table = [Bool](repeating: false, count: 256)
    for byte in "J@% +:=_-z".utf8 { table[Int(byte)] = true }
    return table
  }()
}

/// Looks to both sides of one byte.
private struct Scanner {
  let text: UnsafeBufferPointer<UInt8>
  /// What lies before has been dealt with.
  let start: Int

  /// `eyJ…`, base64url of `{"`: a token of several parts, or one long part.
  func webToken(at index: Int) -> Range<Int>? {
    guard isPreceded(by: "ey", at: index) else { return nil }
    let end = index + run(from: index) { $0.isBase64url || $0 == UInt8(ascii: ".") }
    let token = text[index - 2..<end]
    let hasParts = token.dropLast().contains(UInt8(ascii: "."))
    return hasParts || token.count >= 32 ? index - 2..<end : nil
  }

  /// `name@host`; `after` is where the host starts.
  func mailAddress(at index: Int, _ after: Int) -> Range<Int>? {
    var first = index
    if first > start, text[first - 1] == UInt8(ascii: "\"") {
      // "quoted name"@host
      let quoted = text[start..<first - 1].lastIndex(of: UInt8(ascii: "\""))
      first = quoted ?? first
    }
    while first > start, text[first - 1].isMailName { first -= 1 }
    let size = run(from: after) { $0.isMailHost }
    return first < index && size > 0 ? first..<after + size : nil
  }

  /// `%40` is an `@`, `%20` a space and `%3D` an equals sign that were put in a URL.
  func escaped(at index: Int) -> Range<Int>? {
    guard index + 2 < text.count else { return nil }
    switch (text[index + 1], text[index + 2] | 0x20) {
    case (UInt8(ascii: "4"), UInt8(ascii: "0")): return mailAddress(at: index, index + 3)
    case (UInt8(ascii: "2"), UInt8(ascii: "0")): return credentials(at: index, index + 3)
    default: return nil
    }
  }

  /// `Bearer …` and `Basic …`; a plain word after them is no credential.
  func credentials(at index: Int, _ after: Int) -> Range<Int>? {
    let isBearer = isPreceded(by: "bearer", at: index)
    guard isBearer || isPreceded(by: "basic", at: index) else { return nil }
    let first = after + run(from: after) { $0 == UInt8(ascii: " ") }
    let end = first + run(from: first) { $0.isToken68 }
    let value = text[first..<end]
    let isWord = value.dropFirst().allSatisfy { $0.isLowercase }
    let shortest = isBearer ? 8 : 17
    return value.isEmpty || (isWord && value.count < shortest) ? nil : first..<end
  }

  /// What stands between `://` and `@`.
  func userInfo(at index: Int) -> Range<Int>? {
    let first = index + 3
    guard first < text.count, text[index + 1] == UInt8(ascii: "/"),
      text[index + 2] == UInt8(ascii: "/")
    else { return nil }
    let whole = first + run(from: first) { !$0.isBlankOrQuote }
    let end = first + run(from: first) { !$0.isBlankOrQuote && !$0.endsAuthority }
    if let at = text[first..<end].lastIndex(of: UInt8(ascii: "@")) { return first..<at }
    // A password with a slash in it: what follows the colon is no port.
    guard let colon = text[first..<end].firstIndex(of: UInt8(ascii: ":")),
      text[first] != UInt8(ascii: "["),
      !text[(colon + 1)..<end].allSatisfy({ $0.isDigit }) || colon + 1 == end,
      let at = text[end..<whole].lastIndex(of: UInt8(ascii: "@"))
    else { return nil }
    return first..<at
  }

  /// `password=…` and the like, in URLs, forms and connection strings.
  func parameter(at index: Int) -> Range<Int>? {
    guard isSecretName(endingAt: index) else { return nil }
    return value(from: index + 1)
  }

  /// `"password": …` in JSON.
  func member(at index: Int) -> Range<Int>? {
    guard index > start, text[index - 1] == UInt8(ascii: "\""),
      isSecretName(endingAt: index - 1)
    else { return nil }
    return value(from: index + 1 + run(from: index + 1) { $0 == UInt8(ascii: " ") })
  }

  /// Keys that say whose they are.
  func providerKey(at index: Int) -> Range<Int>? {
    for prefix in Self.keyPrefixes where isPreceded(by: prefix, at: index, ignoringCase: false) {
      let first = index - prefix.utf8CodeUnitCount
      guard first == start || !text[first - 1].isBase64url else { continue }
      let end = index + run(from: index) { $0.isBase64url }
      if end - first >= 16 { return first..<end }
    }
    return nil
  }

  private static let keyPrefixes: [StaticString] = ["sk", "rk", "pk", "whsec", "AI", "ghp", "EAA"]

  private static let secretNames: [StaticString] = [
    "password", "passwd", "pwd", "secret", "token", "apikey", "api_key", "api-key", "signature",
    "authorization", "verifier",
  ]

  /// Names too short to be looked for inside of others.
  private static let secretParameters: [StaticString] = ["key", "code", "sig", "state", "pass"]

  private func isSecretName(endingAt index: Int) -> Bool {
    if Self.secretNames.contains(where: { isPreceded(by: $0, at: index) }) { return true }
    return Self.secretParameters.contains { name in
      let first = index - name.utf8CodeUnitCount
      guard isPreceded(by: name, at: index) else { return false }
      return first == 0
        || [UInt8(ascii: "?"), UInt8(ascii: "&"), UInt8(ascii: "#")].contains(text[first - 1])
    }
  }

  /// A value after its name: up to the quote that ends it, or to the next separator.
  private func value(from first: Int) -> Range<Int>? {
    guard first < text.count else { return nil }
    let quote = text[first]
    if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
      let end = text[(first + 1)...].firstIndex(of: quote) ?? text.count
      return first + 1..<end
    }
    return first..<first + run(from: first) { !$0.isBlankOrQuote && !$0.isSeparator }
  }

  private func isPreceded(by word: StaticString, at index: Int, ignoringCase: Bool = true) -> Bool {
    let size = word.utf8CodeUnitCount
    guard index - size >= start else { return false }
    return word.withUTF8Buffer { word in
      for offset in 0..<size {
        let byte = text[index - size + offset]
        guard byte == word[offset] || (ignoringCase && byte | 0x20 == word[offset]) else {
          return false
        }
      }
      return true
    }
  }

  /// How many bytes from `first` on fulfil `condition`.
  private func run(from first: Int, while condition: (UInt8) -> Bool) -> Int {
    var end = first
    while end < text.count, condition(text[end]) { end += 1 }
    return end - first
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }
  fileprivate var isLowercase: Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= self }
  private var isAlphanumeric: Bool {
    isDigit || isLowercase || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= self
  }

  fileprivate var isBase64url: Bool {
    isAlphanumeric || self == UInt8(ascii: "_") || self == UInt8(ascii: "-")
  }

  /// RFC 9110 §11.2, and `%` for what a URL escapes.
  fileprivate var isToken68: Bool {
    switch self {
    case UInt8(ascii: "."), UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"),
      UInt8(ascii: "="), UInt8(ascii: "%"):
      true
    default: isBase64url
    }
  }

  /// RFC 5322's atom and the dot, without the four that separate things in URLs.
  fileprivate var isMailName: Bool {
    switch self {
    case UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "!"), UInt8(ascii: "#"),
      UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "'"), UInt8(ascii: "*"),
      UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"),
      UInt8(ascii: "}"), UInt8(ascii: "~"), 0x80...:
      true
    default: isBase64url
    }
  }

  fileprivate var isMailHost: Bool {
    isAlphanumeric || self >= 0x80 || self == UInt8(ascii: ".") || self == UInt8(ascii: "-")
      || self == UInt8(ascii: "[")
  }

  fileprivate var endsAuthority: Bool {
    self == UInt8(ascii: "/") || self == UInt8(ascii: "?") || self == UInt8(ascii: "#")
  }

  fileprivate var isSeparator: Bool {
    self == UInt8(ascii: "&") || self == UInt8(ascii: ",") || self == UInt8(ascii: ";")
      || self == UInt8(ascii: "#") || self == UInt8(ascii: "}") || self == UInt8(ascii: ")")
  }

  fileprivate var isBlankOrQuote: Bool {
    self <= 0x20 || self == UInt8(ascii: "\"") || self == UInt8(ascii: "'")
      || self == UInt8(ascii: "<") || self == UInt8(ascii: ">") || self == UInt8(ascii: "`")
  }
}
