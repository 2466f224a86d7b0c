package import Loop

/// One request and its answer, on the server's side of a connection.
///
/// The connection calls it, always on the loop and never after ``abandoned()``: `body` for each
/// piece as it arrives (the bytes are valid during the call), `bodyEnded` once, `drained` when a
/// slow reader has caught up.
@Loop
package protocol Exchange: AnyObject {
  func body(_ bytes: UnsafeRawBufferPointer)
  func bodyEnded()
  /// What waited for the client has left; more may be written.
  func drained()
  /// The client is gone or took too long: nothing can be answered any more.
  func abandoned()
}

/// What a server does with requests.
@Loop
package protocol RequestHandler: AnyObject {
  /// Begins to answer a request whose head has arrived. `bytes` hold the head and are valid during
  /// the call; the answer is written to `connection`, now or later.
  func begin(
    _ head: RequestHead,
    _ bytes: UnsafeRawBufferPointer,
    on connection: ServerConnection
  ) -> any Exchange

  /// Answers a request that the reader refused, by writing one whole response to `connection`,
  /// which closes after it. `head` holds what was understood.
  func refuse(_ error: ProtocolError, on connection: ServerConnection)
}
