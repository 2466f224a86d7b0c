import JSON
import Postgres

extension Refusal {
  /// What becomes of the database's own errors.
  ///
  /// - Parameter isAnonymous: the request acts as `anon`, so that more rights may come with a token.
  init(_ error: PostgresError, isAnonymous: Bool) {
    switch error {
    case .server(let error):
      self.init(error, isAnonymous: isAnonymous)
    case .unavailable:
      self.init(503, "PGRST000", "Could not connect with the database. Retrying the connection.")
      headers.append(("retry-after", "1"))
    case .connectionLost:
      self.init(503, "PGRST001", "The connection to the database was lost")
      headers.append(("retry-after", "1"))
    case .overloaded:
      self.init(504, "PGRST003", "Timed out acquiring connection from connection pool.")
    case .timeout:
      self.init(500, "57014", "canceling statement due to statement timeout")
    case .cancelled, .decoding, .malformed:
      self = .internal
    }
  }

  static let schemaCache = Refusal(
    503,
    "PGRST002",
    "Could not query the database for the schema cache. Retrying."
  ).with("retry-after", "1")

  static let `internal` = Refusal(500, "PGRSTX00", "Something went wrong here")

  private init(_ error: ServerError, isAnonymous: Bool) {
    if error.sqlstate == "PGRST" {
      self = Raised.refusal(error)
      return
    }
    self.init(
      Self.status(of: error, isAnonymous: isAnonymous),
      error.sqlstate,
      error.message,
      details: JSON(error.detail),
      hint: JSON(error.hint)
    )
    if status == 401 { headers.append(("www-authenticate", "Bearer")) }
  }

  /// The status of an SQLSTATE: the one table of it.
  private static func status(of error: ServerError, isAnonymous: Bool) -> Int {
    let state = error.sqlstate
    switch state {
    case "23503", "23505": return 409
    case "25006": return 405
    case "42501": return isAnonymous ? 401 : 403
    case "42883", "42P01": return 404
    case "42P17", "53400": return 500
    case "P0001": return 400
    default: break
    }
    switch state.prefix(2) {
    case "PT":
      let status = Int(state.dropFirst(2)) ?? 500
      return (200...599).contains(status) ? status : 500
    case "0L", "0P", "28": return 403
    case "08", "53": return 503
    case "09", "25", "2D", "38", "39", "3B", "40", "54", "55", "57", "58", "F0", "HV", "P0", "XX":
      return 500
    default: return 400
    }
  }
}

/// `raise sqlstate 'PGRST'`: the answer in the message, its status and headers in the detail.
private enum Raised {
  static func refusal(_ error: ServerError) -> Refusal {
    guard let message = object(error.message), case .string(let code)? = message["code"],
      case .string(let text)? = message["message"]
    else {
      return malformed(
        "Invalid JSON value for MESSAGE: '\(error.message)'",
        "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'."
      )
    }
    guard let detail = error.detail else {
      return malformed("DETAIL is missing in the RAISE statement", Self.detailHint)
    }
    guard let options = object(detail), case .number(let digits)? = options["status"],
      let status = Int(digits), (200...599).contains(status),
      let headers = headers(options["headers"])
    else {
      return malformed("Invalid JSON value for DETAIL: '\(detail)'", Self.detailHint)
    }
    var refusal = Refusal(
      status,
      code,
      text,
      details: message["details"] ?? .null,
      hint: message["hint"] ?? .null
    )
    refusal.headers = headers
    return refusal
  }

  private static let detailHint =
    "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'."

  private static func malformed(_ details: String, _ hint: String) -> Refusal {
    Refusal(
      500,
      "PGRST121",
      "Could not parse JSON in the \"RAISE SQLSTATE 'PGRST'\" error",
      details: .string(details),
      hint: .string(hint)
    )
  }

  private static func object(_ text: String) -> JSON? {
    guard let value = try? JSON(parsing: Array(text.utf8)), case .object = value else { return nil }
    return value
  }

  private static func headers(_ value: JSON?) -> [(name: String, value: String)]? {
    guard case .object(let members)? = value else { return nil }
    var headers: [(name: String, value: String)] = []
    for member in members {
      guard case .string(let text) = member.value else { return nil }
      headers.append((member.name.lowercased(), text))
    }
    return headers
  }
}
