import Loop
import Telemetry

/// Finds services that others run: by their addresses, whose host names are resolved when the
/// service is first needed and again each time that it stops accepting.
@Loop
final class AddressBook: Revival {
  private let address: String
  private let workers: WorkerPool
  private var isSearching = false

  /// - Parameter address: `host:port` or `unix:/path`.
  init(_ address: String, workers: WorkerPool) {
    self.address = address
    self.workers = workers
  }

  func begin(_ upstream: Upstream) {
    guard !isSearching else { return }
    isSearching = true
    Loop.task { [self] in
      await search(for: upstream)
      isSearching = false
    }
  }

  /// Asks every address, with growing pauses, until one answers.
  private func search(for upstream: Upstream) async {
    var pauses = Pauses()
    while true {
      var living: [UpstreamTarget] = []
      for address in await resolve() where await isAlive(address) {
        living.append(UpstreamTarget(address))
      }
      if !living.isEmpty { return upstream.serve(from: living) }
      await pauses.next()
    }
  }

  private func resolve() async -> [SocketAddress] {
    if let address = SocketAddress(address) { return [address] }
    guard let (host, port) = SocketAddress.split(address) else { return [] }
    do {
      return try await workers.run { try SocketAddress.resolve(host: host, port: port) }
    } catch {
      Log.warning("could not resolve an upstream") {
        $0.add("address", address)
        $0.add("error", error: error)
      }
      return []
    }
  }
}
