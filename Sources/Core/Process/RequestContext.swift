package import HTTP
package import Loop
package import Postgres
import Telemetry

/// What is found out about a request on its way, and belongs to whatever answer it gets.
@Loop
package final class RequestContext: Timed {
  package let request: Request
  /// The inbound `x-request-id` if it is sane, else a new one.
  package let requestID: String
  /// Headers of every answer to it, such as those of the rate limit.
  package var headers: [(name: StaticString, value: String)] = []
  /// Who calls, for the log.
  package var caller: UUID?
  let start = Instant.now
  var reservation: QuotaReservation?
  /// Its handler is at work.
  var isTimed = false
  /// Its handler took too long, so that another answer is given.
  var isLate = false
  /// Its answer was counted and logged.
  private(set) var isAnswered = false
  private let journal: RequestJournal

  init(_ request: Request, _ journal: RequestJournal) {
    self.request = request
    self.journal = journal
    let inbound = request.header("x-request-id").flatMap { RequestID(inbound: $0) }
    requestID = (inbound ?? RequestID.generate()).description
  }

  /// Counts and logs an answer on its way out.
  func finish(_ response: consuming Response) -> Response {
    isAnswered = true
    var response = response
    response.headers += headers
    response.headers.append(("x-request-id", requestID))
    journal.note(self, status: response.status)
    return response
  }
}
