import JSON

/// Why a request is not answered with success, in PostgREST's words: `{code, message, details, hint}`
/// under a status.
struct Refusal: Error, Equatable {
  var status: Int
  /// `PGRST…` or a SQLSTATE. Always a string: clients drop the message of a numeric one.
  var code: String
  var message: String
  var details: JSON = .null
  var hint: JSON = .null
  /// Names and values; what a function raised may name any.
  var headers: [(name: String, value: String)] = []

  init(
    _ status: Int,
    _ code: String,
    _ message: String,
    details: JSON = .null,
    hint: JSON = .null
  ) {
    self.status = status
    self.code = code
    self.message = message
    self.details = details
    self.hint = hint
  }

  func with(_ name: String, _ value: String) -> Refusal {
    var refusal = self
    refusal.headers.append((name, value))
    return refusal
  }

  static func == (left: Refusal, right: Refusal) -> Bool {
    left.status == right.status && left.json == right.json
  }

  var json: JSON {
    [
      "code": .string(code), "details": details, "hint": hint, "message": .string(message),
    ]
  }
}
