import Loop

extension Database {
  /// Sends `request` on the connection that has the least to do, or lets it wait for one.
  func submit(_ request: Request) {
    guard admits(request) else { return }
    if requests.isEmpty, let connection = leastLoaded() {
      if connection.load > 0, connectors.isEmpty { openIfRoom() }
      dispatch(request, on: connection)
      return
    }
    request.cancelled = { [unowned self, unowned request] in
      _ = requests.removeAll { $0 === request }
    }
    requests.append(request)
    awaitPlace(request)
  }

  /// A connection that is the caller's own until ``release(_:)``.
  func reserve() async throws(PostgresError) -> Connection {
    let reservation = Reservation()
    if admits(reservation) {
      reservation.cancelled = { [unowned self, unowned reservation] in
        _ = reservations.removeAll { $0 === reservation }
        advance()
      }
      reservations.append(reservation)
      awaitPlace(reservation)
      advance()
    }
    await reservation.wait()
    guard let connection = reservation.connection else {
      throw reservation.failure ?? unavailable
    }
    if Task.isCancelled {
      release(connection)
      throw .cancelled
    }
    return connection
  }

  func release(_ connection: Connection) {
    connection.lastUse = .now
    if connection.use == .exclusive { connection.use = .shared }
    advanced(connection)
  }

  /// Puts a request that had no effect in front of all others.
  func retry(_ request: Request) {
    request.rewind()
    request.deadline = .now + settings.patience
    requests.prepend(request)
    if !expiry.isScheduled { expiry.schedule(at: request.deadline) }
  }

  /// Gives places that have become free to those who wait.
  func advance() {
    guard !isAdvancing, !isClosed else { return }
    isAdvancing = true
    defer { isAdvancing = false }
    grantReservations()
    while let request = requests.first, let connection = leastLoaded() {
      _ = requests.popFirst()
      guard !request.isFinished else { continue }
      request.cancelled = nil
      dispatch(request, on: connection)
    }
    openIfWanted()
  }

  func expire() {
    let now = Instant.now
    let error = connections.isEmpty ? unavailable : .overloaded
    let late =
      requests.removeAll { $0.deadline <= now } as [Waiter]
      + reservations.removeAll { $0.deadline <= now }
    for waiter in late { waiter.finish(error) }
    let next = requests.map(\.deadline) + reservations.map(\.deadline)
    if let next = next.min() { expiry.schedule(at: next) }
    advance()
  }

  private func admits(_ waiter: Waiter) -> Bool {
    let now = Instant.now
    lastDemand = now
    waiter.deadline = now + settings.patience
    if isClosed || isKnownToBeDown(now) {
      waiter.finish(unavailable)
    } else if requests.count + reservations.count >= settings.waitingLimit {
      waiter.finish(.overloaded)
    }
    return !waiter.isFinished
  }

  private func awaitPlace(_ waiter: Waiter) {
    if !expiry.isScheduled { expiry.schedule(at: waiter.deadline) }
    openIfWanted()
  }

  private func dispatch(_ request: Request, on connection: Connection) {
    guard !connection.send(request) else { return }
    // Nothing of it has left; but a request that no connection can take must not go round for ever.
    guard request.attempts < 3 else { return request.finish(unavailable) }
    retry(request)
    openIfWanted()
  }

  /// The connection that has the least to do and isn't held up by what it does.
  private func leastLoaded() -> Connection? {
    var best: Connection?
    for connection in connections where connection.use == .shared {
      let load = connection.load
      if load == 0 { return connection }
      guard load < settings.depth, load < best?.load ?? .max else { continue }
      best = connection
    }
    let now = Instant.now
    guard let best, best.isStalled(now) else { return best }
    return connections.first {
      $0.use == .shared && $0.load < settings.depth && !$0.isStalled(now)
    }
  }

  /// Shared work always keeps a connection, unless there is but one.
  private func grantReservations() {
    var free = max(1, settings.connections - 1) - connections.count { $0.use == .exclusive }
    while free > 0,
      let connection = connections.first(where: { $0.load == 0 && $0.use.canBeGranted }),
      let reservation = reservations.popFirst()
    {
      connection.use = .exclusive
      reservation.connection = connection
      reservation.finish()
      free -= 1
    }
    // Those that still wait get the next connections that are opened, or else that have no more
    // work.
    let mayOpen =
      !reopening.isScheduled && connections.count + connectors.count < settings.connections
    var wanted = mayOpen ? 0 : min(free, reservations.count)
    for connection in connections where connection.use.canBeGranted {
      connection.use = wanted > 0 ? .reserved : .shared
      wanted -= 1
    }
  }
}

extension Connection.Use {
  fileprivate var canBeGranted: Bool { self == .shared || self == .reserved }
}
