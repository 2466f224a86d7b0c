import Core
import HTTP
import JSON
import Loop
import Postgres

/// Signs in with what was mailed: a code with the address that it came to, or the hash of a link.
///
/// `POST /verify` with `{type, email, token}` or `{type, token_hash}`
enum Verify: Endpoint {
  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    let fields = try await ask.fields()
    guard let type = try fields.text("type") else {
      throw AuthFailure.invalid("Verify requires a verification type")
    }
    guard try fields.text("phone") == nil, type != "sms", type != "phone_change" else {
      throw AuthFailure(400, .phoneProviderDisabled, "Unsupported phone provider")
    }
    guard let kind = VerificationType(rawValue: type) else {
      throw AuthFailure.invalid("Unsupported verification type")
    }
    try auth.rules.checkEmail()
    let proof = try proof(of: fields, auth)
    let method: SignInMethod = proof.address != nil && kind == .email ? .otp : kind.method
    // A wrong code is written down only where something was mailed.
    let verified = try await auth.refusingNoSooner {
      let sql = try auth.verification(kind, proof, method, ask)
      guard let verified = try await auth.session(ask).first(sql, as: SessionOutcome.self) else {
        throw AuthFailure(403, .otpExpired, proof.refusal)
      }
      return verified
    }
    ask.context.caller = verified.userId
    guard let session = verified.session else { return halfway }
    return try auth.answer(with: session)
  }

  private static func proof(of fields: Fields, _ auth: Auth) throws -> Proof {
    let token = try fields.text("token")
    let email = try fields.text("email")
    if let hash = try fields.text("token_hash") {
      guard try token == nil && email == nil && fields.text("redirect_to") == nil else {
        throw AuthFailure.invalid("Only the token_hash and type should be provided")
      }
      return Proof(link: hash)
    }
    guard let token else { throw AuthFailure.invalid("Verify requires a token or a token hash") }
    guard let email else {
      throw AuthFailure.invalid(
        "Only an email address or phone number should be provided on verify"
      )
    }
    let address = email.lowercased()
    return Proof(hash: try auth.keys.linkHash(of: token, to: address), address: address)
  }

  /// A change of address that the other address has still to confirm: clients expect no session.
  private static var halfway: Response {
    let body: JSON = ["msg": .string(VerifyLink.halfwayMessage), "code": "200"]
    return .uncached(body.bytes)
  }
}

/// What is claimed to have been mailed.
struct Proof: Sendable {
  /// As they may stand in a link: with and without the mark of a sign-in that ends elsewhere.
  let hashes: [String]
  /// That a code came to; nil for a link.
  let address: String?

  init(link: String) {
    hashes = [link]
    address = nil
  }

  init(hash: String, address: String) {
    hashes = [hash, VerifyLink.codePrefix + hash]
    self.address = address
  }

  var refusal: String {
    address == nil
      ? "Email link is invalid or has expired" : "Token has expired or is invalid"
  }
}

/// What a client says that it was mailed for.
enum VerificationType: String, Sendable {
  case signUp = "signup"
  case invite
  case magicLink = "magiclink"
  case recovery
  case emailChange = "email_change"
  /// A code, whatever for.
  case email

  var tokenTypes: [String] {
    switch self {
    case .signUp, .invite: ["confirmation_token"]
    case .magicLink, .recovery: ["recovery_token"]
    case .emailChange: ["email_change_token_new", "email_change_token_current"]
    case .email: ["confirmation_token", "recovery_token"]
    }
  }

  var method: SignInMethod {
    switch self {
    case .signUp: .signUp
    case .invite: .invite
    case .magicLink, .email: .magicLink
    case .recovery: .recovery
    case .emailChange: .emailChange
    }
  }
}

extension Auth {
  func verification(
    _ type: VerificationType,
    _ proof: Proof,
    _ method: SignInMethod,
    _ ask: Ask
  ) throws -> SQL {
    let digests = try proof.hashes.map { try Digest.hex($0) }
    let sql: SQL = """
      select \(fragment: .sessionOutcome)
      from auth.verify(
          \(type.tokenTypes), \(digests), \(proof.address),
          \(fragment: .seconds(rules.mailedLifetime)), \(Rules.codeAttempts), \(method),
          \(fragment: sessionArguments(ask)))
      """
    return sql.named("verify")
  }
}
