import CPostgres
import Loop

extension Connection {
  /// - Returns: false when the connection broke before the request's Sync was written, so that it
  ///   can have had no effect.
  func send(_ request: Request) -> Bool {
    guard let pointer = handle?.pointer, put(request, pointer), postgres_put_sync(pointer) == 1
    else {
      close(handle?.message)
      return false
    }
    let now = Instant.now
    request.sent = now
    if inFlight.isEmpty { headSince = now }
    watch(at: now + request.limit + (inFlight.isEmpty ? .zero : database.settings.patience))
    inFlight.append(request)
    if !isInOutbox {
      isInOutbox = true
      Outbox.shared.add(self)
    }
    if !garbage.isEmpty { deallocateGarbage() }
    return true
  }

  private func deallocateGarbage() {
    let statements = garbage
    garbage.removeAll()
    // Each by itself: one that the server doesn't know must not keep the others.
    for statement in statements where handle != nil {
      let request = Request(lead: .none, statements: [statement], origin: nil, limit: .seconds(10))
      _ = send(request)
    }
  }

  private func put(_ request: Request, _ pointer: OpaquePointer) -> Bool {
    var usesNames = false
    switch request.lead {
    case .preamble(let preamble):
      usesNames = database.settings.isPrepared
      guard put(preamble, usesNames, for: request, pointer) else { return false }
    case .begin(let preamble):
      request.steps.append(.begin)
      guard put(preamble.begin, nil, pointer), put(preamble, false, for: request, pointer) else {
        return false
      }
    case .none:
      break
    }
    for statement in request.statements {
      guard put(statement, usesNames, for: request, pointer) else { return false }
    }
    return true
  }

  private func put(
    _ preamble: Preamble,
    _ usesNames: Bool,
    for request: Request,
    _ pointer: OpaquePointer
  ) -> Bool {
    var statement: PreparedStatement?
    if usesNames {
      statement = prepared.find(preamble.kind)
      if let found = statement {
        if found.state == .pending { statement = nil }
      } else {
        let added = prepared.add(preamble)
        statement = added
        guard prepare(preamble.sql, added, for: request, pointer) else { return false }
      }
    }
    request.steps.append(.preamble(statement))
    return put(preamble.sql, statement, pointer)
  }

  private func put(
    _ sql: SQL,
    _ usesNames: Bool,
    for request: Request,
    _ pointer: OpaquePointer
  ) -> Bool {
    var statement: PreparedStatement?
    if usesNames {
      statement = prepared.find(sql)
      if let found = statement {
        prepared.use(found)
        if found.state == .pending { statement = nil }
      } else {
        let (added, evicted) = prepared.add(sql)
        if let evicted { garbage.append(.deallocate(evicted)) }
        statement = added
        guard prepare(sql, added, for: request, pointer) else { return false }
      }
    }
    request.steps.append(.statement(statement))
    return put(sql, statement, pointer)
  }

  private func prepare(
    _ sql: SQL,
    _ statement: PreparedStatement,
    for request: Request,
    _ pointer: OpaquePointer
  ) -> Bool {
    request.steps.append(.prepare(statement))
    return arrays.with(sql.parameters) { arrays in
      sql.withCString { text in
        PQsendPrepare(pointer, statement.name, text, arrays.count, arrays.types) == 1
      }
    }
  }

  private func put(
    _ sql: SQL,
    _ statement: PreparedStatement?,
    _ pointer: OpaquePointer
  ) -> Bool {
    arrays.with(sql.parameters) { arrays in
      if let statement {
        return PQsendQueryPrepared(
          pointer,
          statement.name,
          arrays.count,
          arrays.values,
          arrays.lengths,
          arrays.formats,
          0
        ) == 1
      }
      return sql.withCString { text in
        PQsendQueryParams(
          pointer,
          text,
          arrays.count,
          arrays.types,
          arrays.values,
          arrays.lengths,
          arrays.formats,
          0
        ) == 1
      }
    }
  }
}
