import CPostgres
import Loop

extension Connection {
  /// Takes what has arrived: each request's results in the order of its steps, and then the Sync,
  /// only after which it is committed.
  func readResults(_ pointer: OpaquePointer) {
    let now = Instant.now
    var ends = 0
    while PQisBusy(pointer) == 0, let request = inFlight.first {
      guard let result = PQgetResult(pointer) else {
        // The end of one statement's results; when there is no next one, libpq and this disagree.
        ends += 1
        guard ends < 3 else { return close("results are missing") }
        continue
      }
      ends = 0
      switch PQresultStatus(result) {
      case PGRES_PIPELINE_SYNC:
        PQclear(result)
        finish(request, now)
      case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
        accept(result, of: request, now)
      case PGRES_PIPELINE_ABORTED:
        PQclear(result)
        if case .prepare(let statement) = request.takeStep() { prepared.forget(statement) }
      case PGRES_FATAL_ERROR:
        let error = ServerError(result)
        PQclear(result)
        guard let error, !error.endsSession else {
          return close(error.map { "the server ended the session: \($0.sqlstate)" } ?? "lost")
        }
        refuse(request, error, now)
      default:
        // COPY, which can't be pipelined.
        PQclear(result)
        request.finish(.malformed("COPY is not supported"))
        return close("COPY")
      }
    }
  }

  private func accept(_ result: OpaquePointer, of request: Request, _ now: Instant) {
    switch request.takeStep() {
    case .statement:
      request.rows.append(Rows(result: QueryResult(result)))
      database.report(request, request.rows.count - 1, nil, now)
      return
    case .prepare(let statement):
      statement.state = .ready
    case .begin, .preamble, nil:
      break
    }
    PQclear(result)
  }

  private func refuse(_ request: Request, _ error: ServerError, _ now: Instant) {
    let step = request.takeStep()
    request.refusal = error
    switch step {
    case .prepare(let statement):
      prepared.forget(statement)
    case .statement(let statement?), .preamble(let statement?):
      if error.sqlstate == "26000" {
        // Somebody has deallocated it, and then perhaps others too.
        prepared.forgetAll()
        garbage.append("deallocate all")
      } else if error.meansStaleStatement {
        prepared.forget(statement)
        garbage.append(.deallocate(statement))
      }
    case .statement, .preamble, .begin, nil:
      break
    }
    // Without a step it was the commit that failed, such as by a deferred constraint.
    let index = min(request.rows.count, request.statements.count - 1)
    database.report(request, index, PostgresError(error), now)
  }

  private func finish(_ request: Request, _ now: Instant) {
    _ = inFlight.popFirst()
    lastUse = now
    headSince = now
    guard let refusal = request.refusal else { return request.finish() }
    let meansReadOnly = refusal.sqlstate == "25006" && request.origin?.isReadOnly == false
    // The server has become a standby, or is another one behind a proxy.
    if meansReadOnly { use = .retired }
    if (meansReadOnly || refusal.meansStaleStatement) && request.mayRetry {
      database.retry(request)
    } else {
      request.finish(PostgresError(refusal))
    }
  }
}

extension PostgresError {
  init(_ error: ServerError) {
    // query_canceled: nobody else cancels what is in flight on a shared connection.
    self = error.sqlstate == "57014" ? .timeout : .server(error)
  }
}

extension ServerError {
  /// The statement was rolled back because of how it had been prepared, not because of what it is.
  fileprivate var meansStaleStatement: Bool {
    switch sqlstate {
    // "cached plan must not change result type"
    case "0A000": routine == "RevalidateCachedQuery"
    // invalid_sql_statement_name: it was deallocated behind our back.
    case "26000": true
    default: false
    }
  }
}
