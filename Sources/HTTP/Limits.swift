/// What one connection may cost.
package struct Limits: Sendable {
  /// The whole head, in bytes; beyond it 431.
  package var head = 65_536
  /// Fields in a head; beyond it 431.
  package var fields = 100
  /// The request target, in bytes; beyond it 414.
  package var target = 8_192
  /// For a request's head, from the first byte (a new connection: from when it was accepted).
  package var headTime: Duration = .seconds(10)
  /// For a request's body, besides a second for each 8 KiB that arrived.
  package var bodyTime: Duration = .seconds(10)
  /// Between requests.
  package var idleTime: Duration = .seconds(75)
  /// How often a reader that leaves bytes waiting must have taken some: ``slowReaderBytes``.
  package var slowReaderTime: Duration = .seconds(15)
  package var slowReaderBytes = 4_096
  /// How long a client that has closed its side may still wait for its answer; then it counts as
  /// gone. (Over TCP, closing one side and closing both look the same.)
  package var halfCloseTime: Duration = .seconds(1)
  /// Bytes waiting for a slow reader from which its sender is asked to pause.
  package var highWater = 256 * 1024
  /// Open connections; beyond it new ones are closed at once.
  package var connections = 15_000

  package init() {}

  /// Of a server that a proxy with the plain limits stands in front of: wider by what the proxy
  /// adds to a head, so that what it let pass is not refused behind it.
  package static var behindProxy: Limits {
    var limits = Limits()
    limits.head += 4_096
    limits.fields += 16
    return limits
  }
}
