import Loop

extension Database {
  func openIfWanted() {
    if requests.count + reservations.count > connectors.count { openIfRoom() }
  }

  /// Opens one more connection if there may be one more, and none has just failed to open.
  func openIfRoom() {
    guard !isClosed, !reopening.isScheduled,
      connections.count + connectors.count < settings.connections,
      let connector = try? Connector(settings)
    else { return }
    connectors.append(connector)
    Loop.task { [self] in
      do {
        let connection = try Connection(try await connector.connect(), of: self)
        connectors.removeAll { $0 === connector }
        opened(connection)
      } catch {
        connectors.removeAll { $0 === connector }
        failedToOpen((error as? Connector.Failure)?.reason ?? "the connection was not taken")
      }
    }
  }

  /// The time for the next try has come; without anybody who wants it, it is left.
  func reopen() {
    let hasWaiters = !requests.isEmpty || !reservations.isEmpty
    let isWanted = connections.isEmpty && .now - lastDemand < .seconds(30)
    if hasWaiters || isWanted { openIfRoom() } else { downSince = nil }
  }

  /// Whether a call would only wait in vain.
  func isKnownToBeDown(_ now: Instant) -> Bool {
    guard connections.isEmpty, let downSince else { return false }
    return now - downSince > settings.patience
  }

  func closeIdle() {
    let now = Instant.now
    for connection in connections
    where connection.use == .shared && connection.load == 0
      && now - connection.lastUse >= settings.idleTimeout
    {
      connection.close()
    }
    let next = connections.map { $0.lastUse + settings.idleTimeout }.min()
    if let next { sweep.schedule(at: max(next, now + .milliseconds(10))) }
  }

  private func opened(_ connection: Connection) {
    guard !isClosed else { return connection.close() }
    downSince = nil
    backoff.reset()
    connections.append(connection)
    if !sweep.isScheduled { sweep.schedule(after: settings.idleTimeout) }
    advance()
  }

  private func failedToOpen(_ reason: String) {
    guard !isClosed else { return }
    observer?.disconnected(reason)
    if connections.isEmpty, downSince == nil { downSince = .now }
    if !reopening.isScheduled { reopening.schedule(after: backoff.next()) }
  }
}
