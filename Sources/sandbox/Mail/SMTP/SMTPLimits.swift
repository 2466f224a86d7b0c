import Loop

/// What a client may ask of the mail server.
struct SMTPLimits: Sendable {
  /// Bytes of a command line, its end included (RFC 5321 §4.5.3.1.4, and room for extensions).
  var line = 2048
  /// Bytes of a message.
  var message = 10 << 20
  var recipients = 100
  /// Commands that make no sense, until the connection is closed.
  var mistakes = 20
  /// How long a client may take for a command, and for a whole message.
  var commandTime: Duration = .seconds(30)
  var messageTime: Duration = .seconds(60)
  /// How long a reply that is never given is held back.
  var hangTime: Duration = .seconds(600)
  /// Connections at once.
  var connections = 100
}
