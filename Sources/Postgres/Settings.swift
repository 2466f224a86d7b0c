extension Database {
  /// How a process talks to its database.
  package struct Settings: Sendable, CustomStringConvertible {
    /// A connection string of libpq: URI or `keyword=value`, with several hosts if need be.
    package var url: String
    /// The most connections that are open at a time.
    package var connections = 2
    /// How many statements may be under way on one connection.
    package var pipelineDepth = 4
    /// How many callers may wait for a place on a connection, and for how long.
    package var waitingLimit = 1024
    package var patience: Duration = .seconds(2)
    /// Off behind a pooler that hands each transaction to another session. Statements are then
    /// sent by text, and a connection has one request under way: pgbouncer gives a session away
    /// between two transactions even when it has already passed on a part of the second one, and
    /// so mixes up the answers.
    package var isPrepared = true
    /// How many prepared statements a connection keeps.
    package var preparedLimit = 256
    /// A connection that wasn't used for so long is closed.
    package var idleTimeout: Duration = .seconds(60)
    /// For each address, unless the string has a `connect_timeout`.
    package var connectTimeout: Duration = .seconds(3)
    /// How much longer than the server the client waits for a statement's end.
    package var grace: Duration = .seconds(1)
    /// What `pg_stat_activity` shows, unless the string says otherwise.
    package var applicationName = "streamvibe"

    package init(url: String) {
      self.url = url
    }

    var depth: Int { isPrepared ? pipelineDepth : 1 }

    /// Without the connection string.
    package var description: String { "\(connections) connections of \(applicationName)" }
  }
}
