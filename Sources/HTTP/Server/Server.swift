import Glibc
package import Loop

/// Accepts connections on an address and serves each until it closes.
@Loop
package final class Server {
  package let limits: Limits
  package let address: SocketAddress
  let handler: any RequestHandler
  package private(set) var isDraining = false
  private var connections: [ObjectIdentifier: ServerConnection] = [:]
  private var listener: Listener?
  private var drained: [UnsafeContinuation<Void, Never>] = []

  /// Open connections.
  package var connectionCount: Int { connections.count }

  /// - Throws: `SystemError` when the address can't be listened on.
  package init(
    on address: SocketAddress,
    limits: Limits = Limits(),
    handler: any RequestHandler
  ) throws(SystemError) {
    self.limits = limits
    self.handler = handler
    let listener = try Listener(on: address)
    self.listener = listener
    self.address = listener.address
    try listener.start { [weak self] descriptor, peer in
      if let self { self.accept(descriptor, peer) } else { Glibc.close(descriptor) }
    }
  }

  /// Takes no more connections, closes those that are idle, and lets each of the others finish what
  /// it is at; after `time` it cuts them off.
  package func drain(within time: Duration = .seconds(10)) async {
    isDraining = true
    listener?.close()
    listener = nil
    for connection in Array(connections.values) where connection.isIdle { connection.close() }
    guard !connections.isEmpty else { return }
    let timer = LoopTimer { [weak self] in
      guard let self else { return }
      for connection in Array(connections.values) { connection.close() }
    }
    timer.schedule(after: time)
    await withUnsafeContinuation { drained.append($0) }
    timer.cancel()
  }

  func forget(_ connection: ServerConnection) {
    connections[ObjectIdentifier(connection)] = nil
    guard isDraining, connections.isEmpty else { return }
    for continuation in drained { continuation.resume() }
    drained = []
  }

  private func accept(_ descriptor: Int32, _ peer: SocketAddress?) {
    guard connections.count < limits.connections else {
      Glibc.close(descriptor)
      return
    }
    let connection = ServerConnection(descriptor, peer: peer, server: self)
    do {
      try connection.start()
      connections[ObjectIdentifier(connection)] = connection
    } catch {
      Glibc.close(descriptor)
    }
  }
}
