import Glibc
import Loop

/// Takes mail at an address.
@Loop
final class SMTPListener {
  private let listener: Listener
  private let limits: SMTPLimits
  private let receiver: SMTPConnection.Receiver
  private var connections: [ObjectIdentifier: SMTPConnection] = [:]

  /// With port 0, the port that it got.
  var address: SocketAddress { listener.address }

  /// - Throws: `SystemError` when the address can't be listened on.
  init(
    on address: SocketAddress,
    _ limits: SMTPLimits,
    _ receiver: SMTPConnection.Receiver
  ) throws(SystemError) {
    listener = try Listener(on: address)
    self.limits = limits
    self.receiver = receiver
    try listener.start { [weak self] descriptor, _ in self?.accept(descriptor) }
  }

  func close() {
    listener.close()
    for connection in Array(connections.values) { connection.close() }
  }

  private func accept(_ descriptor: Int32) {
    guard connections.count < limits.connections else {
      let reply = Array("421 4.3.2 Too many connections\r\n".utf8)
      _ = send(descriptor, reply, reply.count, Int32(MSG_NOSIGNAL))
      Glibc.close(descriptor)
      return
    }
    let connection = SMTPConnection(descriptor, limits, receiver) { [weak self] connection in
      self?.connections[ObjectIdentifier(connection)] = nil
    }
    connections[ObjectIdentifier(connection)] = connection
    connection.start()
  }
}
