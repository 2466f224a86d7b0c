import Core
import HTTP
import JSON

extension OperationProfile {
  /// - Parameters:
  ///   - path: behind `/auth/v1/`; segments in braces are its parameters.
  ///   - refusals: the statuses of its own that are no success; those that any may have are added.
  static func auth(
    _ method: HTTP.Method,
    _ path: String,
    _ summary: String,
    by credential: Credential = .none,
    query: [Parameter] = [],
    body: Body? = nil,
    _ success: Answer?,
    _ refusals: Set<Int> = []
  ) -> OperationProfile {
    var statuses = refusals.union([405, 500])
    if !openAlways.contains(path) { statuses.formUnion([422, 503, 504]) }
    if body != nil { statuses.formUnion([400, 408, 413]) }
    let segments = path.split(separator: "/").filter { $0.hasPrefix("{") }
    let places = segments.map {
      Parameter(String($0.dropFirst().dropLast()), in: .path, "an id", .identifier)
    }
    return OperationProfile(
      method,
      "/auth/v1/\(path)",
      summary,
      credentials: [credential],
      parameters: places + query + [.version],
      body: body,
      answers: (success.map { [$0] } ?? []) + statuses.sorted().map(Answer.refusal)
    )
  }

  /// Something that is not offered.
  static func off(
    _ method: HTTP.Method,
    _ path: String,
    _ what: String,
    by credential: Credential = .none,
    _ status: Int
  ) -> OperationProfile {
    let refusals: Set<Int> = credential == .none ? [status] : [status, 401, 403]
    return auth(method, path, "\(what) is not offered.", by: credential, nil, refusals)
  }

  /// Something that mails whoever has an address, and does not tell whether anybody has.
  static func mailing(
    _ path: String,
    _ summary: String,
    _ fields: [String: JSON]
  ) -> OperationProfile {
    auth(
      .post,
      path,
      summary,
      query: [.redirect],
      body: .fields(
        fields + .challenge,
        required: fields.keys.filter { $0 == "type" || $0 == "email" }
      ),
      .nothing,
      [400, 422, 429]
    )
  }

  /// They are answered also where nobody can sign in, and without the database.
  private static let openAlways: Set<String> = [
    "health", "settings", ".well-known/jwks.json", ".well-known/openid-configuration",
  ]
}

extension OperationProfile.Parameter {
  static let redirect = Self("redirect_to", in: .query, "where the link leads in the end")
  static let version = Self(
    "X-Supabase-Api-Version",
    in: .header,
    "a date; from 2024-01-01 on errors have their code as `code`",
    ["type": "string", "examples": ["2024-01-01"]]
  )
}

extension OperationProfile.Body {
  static func fields(
    _ fields: [String: JSON],
    required: [String] = [],
    isRequired: Bool = true
  ) -> Self {
    Self(isRequired: isRequired, [OperationProfile.Content(.object(fields, required: required))])
  }

  /// What an admin says of an account.
  static func account(_ more: [String: JSON] = [:], required: [String] = []) -> Self {
    fields(
      [
        "email": .email, "password": .password, "password_hash": .text, "email_confirm": .flag,
        "user_metadata": .object, "app_metadata": .object, "ban_duration": .text,
        "role": .string(of: ["authenticated"]),
      ] + more,
      required: required
    )
  }
}

extension OperationProfile.Answer {
  static let user = found("The account.", .schema("User"))
  static let nothing = found("Done, or there was nothing to do.", .schema("Nothing"))
  static let session = Self(
    200,
    "A session.",
    headers: [
      OperationProfile.Header("sb-auth-session-id", isRequired: true, "its id"),
      OperationProfile.Header("sb-auth-user-id", isRequired: true, "whose it is"),
    ],
    [OperationProfile.Content(.schema("Session"))]
  )

  static func found(_ purpose: String, _ schema: JSON) -> Self {
    Self(200, purpose, [OperationProfile.Content(schema)])
  }

  static func refusal(_ status: Int) -> Self {
    Self(
      status,
      reasons[status] ?? "Refused.",
      headers: [
        OperationProfile.Header("x-sb-error-code", "the code again", .schema("Code"))
      ] + (headers[status] ?? []),
      [OperationProfile.Content(.schema("Error"))]
    )
  }

  private static let headers = [
    405: [OperationProfile.Header("Allow", isRequired: true, "what is answered there")],
    429: [OperationProfile.Header("Retry-After", "seconds", ["type": "integer", "minimum": 0])],
    503: [OperationProfile.Header("Retry-After", "seconds", ["type": "integer", "minimum": 0])],
  ]

  private static let reasons = [
    400: "What was sent is wrong, or not the right one (bad_json, invalid_credentials, …).",
    401: "A token is needed (no_authorization).",
    403: "The token or the code does not count (bad_jwt, otp_expired, not_admin, …).",
    404: "There is no such thing.",
    405: "Another method is wanted.",
    408: "The request did not arrive in time.",
    413: "The body is too large.",
    422: "Understood, and not allowed (weak_password, email_exists, provider_disabled, …).",
    429: "Too often (over_request_rate_limit, over_email_send_rate_limit).",
    500: "Our fault, or a trigger's on the accounts (unexpected_failure).",
    503: "Not now; the same may succeed in a moment.",
    504: "It took too long (request_timeout).",
  ]
}
