import Crypto
import Glibc

/// Signs tokens, and measures how fast they are verified, with the key in JWT_SIGNING_KEY.
///
///     bench-tokens sign                      claims on standard input, one JSON object a line
///     bench-tokens verify SECONDS ISSUER     tokens on standard input; prints a line of JSON
@main
enum BenchTokens {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard let jwk = getenv("JWT_SIGNING_KEY") else { stop("JWT_SIGNING_KEY is not set") }
    let key = try SigningKey(jwk: String(cString: jwk))
    let lines = Array(AnySequence { AnyIterator { readLine() } })
    switch arguments.first {
    case "sign":
      for claims in lines { print(try key.sign(claims: claims.utf8.span)) }
    case "verify":
      guard arguments.count == 3, let seconds = Double(arguments[2]), !lines.isEmpty else {
        stop("usage: bench-tokens verify SECONDS ISSUER <TOKENS")
      }
      let measurement = Measurement(key: key, issuer: arguments[3], seconds: seconds)
      let signature = try measurement.perSecond(of: lines, remembering: 0)
      let cached = try measurement.perSecond(of: lines, remembering: lines.count)
      print(#"{"signature_per_second": \#(signature), "cached_per_second": \#(cached)}"#)
    default:
      stop("usage: bench-tokens sign | verify SECONDS ISSUER")
    }
  }

  private static func stop(_ reason: String) -> Never {
    print("bench-tokens: \(reason)")
    exit(2)
  }
}

private struct Measurement {
  let key: SigningKey
  let issuer: String
  let seconds: Double

  /// - Parameter capacity: how many verified tokens the cache holds; 0 has each signature checked.
  func perSecond(of tokens: [String], remembering capacity: Int) throws -> Int {
    let keys = try KeySet(jwks: "{\"keys\":[\(key.publicJWK() ?? "")]}")
    let rules = TokenRules(issuer: issuer)
    let verifier = try TokenVerifier(keys: keys, rules: rules, capacity: capacity)
    let now = Int(time(nil))
    for token in tokens { _ = try verifier.verify(token, at: now) }
    var count = 0
    let clock = ContinuousClock()
    let start = clock.now
    let end = start + .seconds(seconds)
    while clock.now < end {
      for _ in 0..<64 {
        _ = try verifier.verify(tokens[count % tokens.count], at: now)
        count += 1
      }
    }
    let (whole, fraction) = (clock.now - start).components
    return Int(Double(count) / (Double(whole) + Double(fraction) / 1e18))
  }
}
