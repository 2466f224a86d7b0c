import CCurl
package import Loop

/// The network, by libcurl on the loop: HTTP/1.1 and 2, TLS, connections kept alive.
///
/// Each address policy has its own pool of connections, since one that was made under another
/// policy was judged by other rules. No proxy, no cookies, no `.netrc`.
@Loop
package final class CurlTransport: Transport {
  private let authorities: CertificateAuthorities
  private let idleTime: Duration
  private let isPublic: @Sendable (SocketAddress) -> Bool
  private var pools: [AddressPolicy: CurlPool] = [:]

  /// - Parameters:
  ///   - idleTime: how long connections are kept when no transfer is on its way.
  ///   - isPublic: which addresses ``AddressPolicy/public`` admits.
  package init(
    authorities: CertificateAuthorities = .system,
    idleTime: Duration = .seconds(60),
    isPublic: @escaping @Sendable (SocketAddress) -> Bool = { $0.isPublic }
  ) {
    self.authorities = authorities
    self.idleTime = idleTime
    self.isPublic = isPublic
  }

  package func send(_ request: ClientRequest) async throws(ClientError) -> ClientResponse {
    guard CurlLibrary.isReady else { throw ClientError(.unavailable) }
    let pool = pool(for: request.addresses)
    let transfer = try Transfer(request, authorities: authorities, isPublic: isPublic)
    let result: Result<ClientResponse, ClientError> = await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        transfer.continuation = continuation
        pool.start(transfer)
      }
    } onCancel: {
      // This may run on any thread, and before the transfer starts; its task comes after.
      Loop.task { pool.giveUp(transfer, for: .cancelled) }
    }
    return try result.get()
  }

  private func pool(for policy: AddressPolicy) -> CurlPool {
    if let pool = pools[policy] { return pool }
    let pool = CurlPool(idleTime: idleTime)
    pools[policy] = pool
    return pool
  }
}
