import HTTP
import Loop
import Postgres

/// What is found out about a request on its way, and belongs to whatever answer it gets.
@Loop
final class RequestContext: Timed {
  let request: Request
  let requestID: String
  let start = Instant.now
  var headers: [(name: StaticString, value: String)] = []
  var caller: UUID?
  var reservation: QuotaReservation?
  /// Its handler is at work.
  var isTimed = false
  /// Its handler took too long, so that another answer is given.
  var isLate = false

  init(_ request: Request, requestID: String) {
    self.request = request
    self.requestID = requestID
  }
}
