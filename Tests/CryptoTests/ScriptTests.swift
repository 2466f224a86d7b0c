import Glibc
import Testing

@testable import Crypto

/// `scripts/lib/jwt.py` is run as the shell scripts run it.
@Suite("Keys and tokens of scripts/lib/jwt.py")
struct ScriptTests {
  /// Lines of standard output; the arguments have no quotes that the shell would need.
  static func run(_ arguments: String, environment: String = "") throws -> [String] {
    let script = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
    let command = "\(environment) python3 \(script)/scripts/lib/jwt.py \(arguments)"
    let pipe = try #require(popen(command, "r"))
    var output: [UInt8] = []
    while case let byte = fgetc(pipe), byte != EOF { output.append(UInt8(byte)) }
    #expect(pclose(pipe) == 0)
    return output.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test("a new pair signs what its public half verifies")
  func signsWithPair() throws {
    let lines = try Self.run("keypair")
    try #require(lines.count == 2)
    let key = try SigningKey(jwk: lines[0])
    let verifier = try TokenVerifier(keys: KeySet(jwks: lines[1]), rules: Fixture.rules)
    // Several, since a third of the signatures has a number with a leading zero or a padded one.
    for _ in 0..<8 {
      let tokens = try Self.run(
        "sign --key env:KEY --claims env:CLAIMS",
        environment: "KEY='\(lines[0])' CLAIMS='\(Fixture.claims)'"
      )
      let token = try verifier.verify(try #require(tokens.first), at: Fixture.now)
      #expect(token.user?.id == Fixture.user)
      #expect(token.user?.sessionID == Fixture.session)
    }
    let ours = try key.sign(claims: Fixture.claims.bytes.span)
    #expect(try verifier.verify(ours, at: Fixture.now).user?.id == Fixture.user)
    #expect(
      try key.publicJWK().map { lines[1].contains(try #require(key.keyID)) && !$0.isEmpty } == true
    )
  }

  @Test("a shared secret signs what it verifies", arguments: ["anon", "service_role"])
  func signsWithSecret(role: String) throws {
    let tokens = try Self.run(
      "sign --secret env:SECRET --claims '{\"role\": \"\(role)\", \"iss\": \"streamvibe\"}'",
      environment: "SECRET='\(Fixture.secret)'"
    )
    let token = try Fixture.verifier(secret: Fixture.secret).verify(
      try #require(tokens.first),
      at: Fixture.now
    )
    #expect(token.role == role)
    #expect(token.claims.text == "{\"role\":\"\(role)\",\"iss\":\"streamvibe\"}")
  }
}
