import Core
import HTTP
import JSON
import Loop
import Postgres

extension AuthFailure {
  /// What any error becomes for the client. The one place that decides it.
  init(_ error: any Error) {
    switch error {
    case let failure as AuthFailure: self = failure
    case let refusal as ProtocolError:
      self.init(refusal.status, .validationFailed, refusal.reason)
    case let error as PostgresError: self.init(postgres: error)
    case is AccountRefused:
      self.init(500, .unexpectedFailure, "Database error saving new user")
    case is WorkerPool.Full: self = .unavailable("Too much is under way, try again")
    default: self.init(500, .unexpectedFailure, "Unexpected failure, please check server logs")
    }
  }

  private init(postgres error: PostgresError) {
    switch error {
    case .server(let error): self.init(server: error)
    case .unavailable, .connectionLost:
      self = .unavailable("The database is not reachable, try again")
    case .overloaded: self = .unavailable("Too much is under way, try again")
    case .timeout: self = .late
    default: self.init(500, .unexpectedFailure, "Unexpected failure, please check server logs")
    }
  }

  /// SQL refuses with SQLSTATE `PTnnn`, a message for the client, and in DETAIL `{"code":…}`.
  /// Anything else that it says stays here.
  private init(server error: ServerError) {
    switch error.sqlstate {
    case let state where state.hasPrefix("PT"):
      let detail = error.detail.flatMap { try? JSON(parsing: Array($0.utf8)) }
      let code: AuthCode? =
        if case .string(let text)? = detail?["code"] { AuthCode(rawValue: text) } else { nil }
      self.init(Int(state.dropFirst(2)) ?? 500, code ?? .unexpectedFailure, error.message)
    case _ where error.isAddressTaken: self = .addressTaken
    case _ where error.isIDTaken: self = .idTaken
    case "55P03", "40001", "40P01":
      self = .unavailable("Somebody else changes the same, try again")
      self.code = .conflict
    case "57014": self = .late
    case "53300", "57P01", "57P02", "57P03":
      self = .unavailable("The database is not reachable, try again")
    default: self.init(500, .unexpectedFailure, "Unexpected failure, please check server logs")
    }
  }

  /// It took too long; what it was to do may have been done.
  static let late = AuthFailure(
    504,
    .requestTimeout,
    "Processing this request timed out, please retry after a moment."
  )

  static let addressTaken = AuthFailure(
    422,
    .emailExists,
    "A user with this email address has already been registered"
  )

  static let idTaken = AuthFailure(422, .userAlreadyExists, "A user with this id already exists")
}

extension ServerError {
  /// The address that was to be an account's is another's.
  var isAddressTaken: Bool { sqlstate == "23505" && constraint == "users_email_partial_key" }

  /// The id that an admin chose for an account is another's.
  var isIDTaken: Bool {
    sqlstate == "23505" && schema == "auth" && constraint == "users_pkey"
  }
}
