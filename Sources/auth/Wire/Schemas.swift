import Core
import JSON

extension JSON {
  static let text: JSON = ["type": "string"]
  static let flag: JSON = ["type": "boolean"]
  static let object: JSON = ["type": "object"]
  static let email: JSON = [
    "type": "string", "format": "email", "examples": ["you@example.com"],
  ]
  /// bcrypt reads no more than 72 bytes.
  static let password: JSON = [
    "type": "string", "format": "password", "maxLength": 72, "examples": ["correct horse battery"],
  ]
  static let identifier: JSON = ["type": "string", "format": "uuid"]
  static let count: JSON = ["type": "integer", "minimum": 1, "maximum": 1_000_000]
  private static let time: JSON = ["type": "string", "format": "date-time"]

  static let verification: JSON = .string(of: [
    "signup", "invite", "magiclink", "recovery", "email_change", "email",
  ])

  static func string(of values: [String]) -> JSON {
    ["type": "string", "enum": .array(values.map(JSON.string))]
  }

  /// - Parameter isClosed: it has no other members.
  static func object(
    _ members: [String: JSON],
    required: [String] = [],
    isClosed: Bool = false
  ) -> JSON {
    let sorted = members.sorted { $0.key < $1.key }.map { Member($0.key, $0.value) }
    var schema = [Member("type", "object"), Member("properties", .object(sorted))]
    if !required.isEmpty {
      schema.append(Member("required", .array(required.sorted().map(JSON.string))))
    }
    if isClosed { schema.append(Member("additionalProperties", false)) }
    return .object(schema)
  }

  /// What operations name.
  static let authSchemas = [
    Member("User", .object(user, required: userRequired, isClosed: true)),
    Member(
      "UserLink",
      .object(user + link, required: userRequired + Array(link.keys), isClosed: true)
    ),
    Member("UserList", closed(["users": list("User"), "aud": .text])),
    Member("Identity", identity), Member("Factor", factor), Member("Session", session),
    Member("Halfway", closed(["msg": .text, "code": ["const": "200"]])),
    Member("Nothing", closed([:])),
    Member("Health", closed(["version": .text, "name": .text, "description": .text])),
    Member("Settings", settings),
    Member(
      "KeySet",
      closed(["keys": ["type": "array", "items": .object(["kty": .text], required: ["kty"])]])
    ),
    Member(
      "Error",
      ["anyOf": [.schema("FirstError"), .schema("ErrorOf2024"), .schema("OAuthError")]]
    ),
    Member(
      "FirstError",
      error(["code": ["type": "integer"], "error_code": .schema("Code"), "msg": .text])
    ),
    Member("ErrorOf2024", error(["code": .schema("Code"), "message": .text])),
    Member("OAuthError", closed(["error": .text, "error_description": .text])),
    Member("Code", .string(of: AuthCode.allCases.map(\.rawValue))), Member("Weakness", weakness),
  ]

  private static let user: [String: JSON] = [
    "id": identifier, "aud": text, "role": text, "email": text, "phone": text,
    "email_confirmed_at": time, "phone_confirmed_at": time, "confirmed_at": time,
    "invited_at": time, "confirmation_sent_at": time, "recovery_sent_at": time, "new_email": text,
    "email_change_sent_at": time, "reauthentication_sent_at": time, "last_sign_in_at": time,
    "created_at": time, "updated_at": time, "banned_until": time, "deleted_at": time,
    "is_anonymous": flag, "app_metadata": object, "user_metadata": object,
    "identities": list("Identity"), "factors": list("Factor"),
  ]
  private static let userRequired = [
    "id", "aud", "role", "email", "phone", "app_metadata", "user_metadata", "identities",
  ]
  private static let link: [String: JSON] = [
    "action_link": text, "email_otp": text, "hashed_token": text,
    "verification_type": text, "redirect_to": text,
  ]

  private static let identity: JSON = .object(
    [
      "identity_id": identifier, "id": text, "user_id": identifier, "provider": text,
      "email": text, "last_sign_in_at": time, "created_at": time, "updated_at": time,
      "identity_data": object,
    ],
    required: ["identity_id", "id", "user_id", "provider", "identity_data"],
    isClosed: true
  )

  private static let factor: JSON = .object(
    [
      "id": identifier, "friendly_name": text, "factor_type": text,
      "status": string(of: ["unverified", "verified"]), "created_at": time, "updated_at": time,
    ],
    required: ["id", "factor_type", "status", "created_at", "updated_at"],
    isClosed: true
  )

  private static let session: JSON = .object(
    [
      "access_token": text, "token_type": ["const": "bearer"], "expires_in": ["type": "integer"],
      "expires_at": ["type": "integer"], "refresh_token": text, "user": .schema("User"),
      "weak_password": closed(["message": text, "reasons": reasons]),
    ],
    required: [
      "access_token", "token_type", "expires_in", "expires_at", "refresh_token", "user",
    ],
    isClosed: true
  )

  private static let settings: JSON = .object(
    [
      "external": ["type": "object", "additionalProperties": flag], "disable_signup": flag,
      "mailer_autoconfirm": flag, "phone_autoconfirm": flag, "sms_provider": text,
      "saml_enabled": flag,
    ],
    required: [
      "external", "disable_signup", "mailer_autoconfirm", "phone_autoconfirm", "sms_provider",
      "saml_enabled",
    ]
  )

  private static let reasons: JSON = [
    "type": "array", "items": .string(of: ["length", "characters"]),
  ]
  private static let weakness: JSON = closed(["reasons": reasons])

  /// An error's own members, and what it says of a weak password.
  private static func error(_ members: [String: JSON]) -> JSON {
    .object(
      members + ["weak_password": .schema("Weakness")],
      required: Array(members.keys),
      isClosed: true
    )
  }

  private static func closed(_ members: [String: JSON]) -> JSON {
    .object(members, required: Array(members.keys), isClosed: true)
  }

  private static func list(_ name: String) -> JSON {
    ["type": "array", "items": .schema(name)]
  }
}

extension [String: JSON] {
  /// What a sign-in is begun with that a link is to end (RFC 7636).
  static let challenge: [String: JSON] = [
    "code_challenge": ["type": ["string", "null"]],
    "code_challenge_method": ["type": ["string", "null"]],
  ]

  static func + (left: Self, right: Self) -> Self { left.merging(right) { $1 } }
}
