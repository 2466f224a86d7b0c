import Core
import JSON

extension JSON {
  /// ``Refusal``'s four members; all are always there.
  static let restError: JSON = [
    "type": "object",
    "properties": [
      "code": ["type": "string"], "message": ["type": "string"],
      "details": ["description": "Text, or a list of what was meant."],
      "hint": ["type": ["string", "null"]],
    ],
    "required": ["code", "message", "details", "hint"], "additionalProperties": false,
  ]
}

extension OperationProfile.Answer {
  /// - Parameter hasBody: not in an answer to HEAD.
  static func refusal(_ status: Int, hasBody: Bool) -> Self {
    Self(
      status,
      reasons[status] ?? "Refused.",
      headers: [
        OperationProfile.Header("Proxy-Status", "the code again (RFC 9209)")
      ] + (headers[status].map { [$0] } ?? []),
      hasBody ? [OperationProfile.Content(.schema("Error"))] : []
    )
  }

  private static let headers = [
    401: OperationProfile.Header("WWW-Authenticate", isRequired: true, "how to sign in"),
    503: OperationProfile.Header("Retry-After", "seconds", ["type": "integer", "minimum": 0]),
  ]

  private static let reasons = [
    300: "More than one relationship or function fits (PGRST201, PGRST203).",
    400: "The request is not understood, or breaks a rule of the database.",
    401: "The token does not count, or one is needed for this.",
    403: "Not allowed, or the quota is used up.",
    404: "There is no such table, function or path.",
    405: "Another method is wanted, or the filters of a PUT are not the primary key.",
    406: "Not one row (PGRST116), no such schema or no such media type.",
    408: "The request did not arrive in time.",
    409: "Conflicts with what is stored.",
    413: "The body is too large.",
    416: "There are not as many rows (PGRST103).",
    422: "A function or a trigger refused it.",
    429: "Too many requests.",
    500: "Our fault, or a fault in the database; also a statement that took too long.",
    503: "Not now: the database is away, or its schema not yet read.",
    504: "No connection to the database was free in time.",
  ]
}
