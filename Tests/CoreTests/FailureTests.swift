import HTTP
import JSON
import Postgres
import Testing

@testable import Core
@testable import Loop

@Suite("What an error becomes for the client")
struct FailureTests {
  private struct Surprise: Error {}

  private static func sql(_ state: String, detail: String? = nil) -> any Error {
    PostgresError.server(ServerError(sqlstate: state, message: "server's words", detail: detail))
  }

  private static let errors: [(any Error, ErrorCode, retryAfter: String?)] = [
    (Failure.conflict("x"), .conflict, nil), (Surprise(), .internal, nil),
    (ProtocolError.bodyTooLarge, .payloadTooLarge, nil),
    (ProtocolError.bodyTimeout, .requestTimeout, nil),
    (WorkerPool.Full(), .unavailable, "1"), (DeadlinePassed(), .upstreamTimeout, nil),
    (PostgresError.unavailable(retryAfter: .seconds(7)), .unavailable, "7"),
    (PostgresError.unavailable(retryAfter: .milliseconds(10)), .unavailable, "1"),
    (PostgresError.overloaded, .unavailable, "1"),
    (PostgresError.connectionLost, .unavailable, "1"),
    (PostgresError.timeout, .upstreamTimeout, nil), (PostgresError.cancelled, .internal, nil),
    (PostgresError.malformed("x"), .internal, nil),
    (sql("57014"), .upstreamTimeout, nil), (sql("53300"), .unavailable, "1"),
    (sql("57P01"), .unavailable, "1"), (sql("57P02"), .unavailable, "1"),
    (sql("57P03"), .unavailable, "1"), (sql("40001"), .unavailable, "1"),
    (sql("40P01"), .unavailable, "1"), (sql("23505"), .internal, nil),
    (sql("42P01"), .internal, nil),
    (sql("PT403"), .forbidden, nil), (sql("PT404"), .notFound, nil),
    (sql("PT409"), .conflict, nil), (sql("PT422"), .validationFailed, nil),
    (sql("PT429"), .rateLimited, nil), (sql("PT418"), .internal, nil),
    (sql("PTxyz"), .internal, nil),
    (sql("PT403", detail: #"{"code":"QUOTA_EXCEEDED"}"#), .quotaExceeded, nil),
    (sql("PT403", detail: #"{"code":"NO_SUCH_CODE"}"#), .forbidden, nil),
    (sql("PT403", detail: "no JSON"), .forbidden, nil),
  ]

  @Test("is one code, and a time to wait where waiting helps")
  func hasCode() {
    for (error, code, retryAfter) in Self.errors {
      let failure = Failure(error)
      #expect(failure.code == code, "\(error)")
      #expect(failure.headers.first { "\($0.name)" == "retry-after" }?.value == retryAfter)
    }
  }

  @Test("repeats the server's words only where SQL meant them for the client")
  func keepsWords() {
    #expect(Failure(Self.sql("PT409", detail: #"{"details":{"a":1}}"#)).details == ["a": 1])
    for (error, _, _) in Self.errors {
      let failure = Failure(error)
      guard case PostgresError.server(let server) = error, server.sqlstate.hasPrefix("PT") else {
        #expect(!failure.message.contains("words"))
        continue
      }
      #expect(failure.message == "server's words")
    }
  }

  @Test("lists the methods where the reader knows none of that name")
  func listsMethods() throws {
    let refused = refusal(of: "BREW / HTTP/1.1\r\n\r\n")
    let failure = Failure(try #require(refused))
    #expect(failure.code == .methodNotAllowed)
    #expect(failure.headers.first?.name.description == "allow")
    #expect(failure.headers.first?.value == "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
  }

  private func refusal(of text: String) -> ProtocolError? {
    var parser = RequestParser(limits: Limits())
    do {
      _ = try Array(text.utf8).withUnsafeBytes { try parser.parse($0) }
      return nil
    } catch {
      return error as? ProtocolError
    }
  }

  @Test("counts the fields that are not valid")
  func countsFields() {
    let problem = FieldProblem(field: "a", message: "is required")
    #expect(Failure.validation([problem]).message == "one field is not valid")
    #expect(Failure.validation([problem, problem]).message == "2 fields are not valid")
    #expect(
      Failure.validation([problem]).details == [["field": "a", "message": "is required"]]
    )
  }
}
