package import Loop

/// Sends one request and brings its answer: the network, or what stands for it in a test.
@Loop
package protocol Transport: Sendable {
  /// Sends it once, without following redirects.
  func send(_ request: ClientRequest) async throws(ClientError) -> ClientResponse
}

/// Sends requests to other servers.
///
/// ```swift
/// let answer = try await Client.shared.send(ClientRequest(.get, "https://api.example/v1/me"))
/// ```
///
/// An answer of any status is an answer; only its absence is an error. Cancelling the task ends the
/// transfer.
@Loop
package final class Client {
  /// The process's, over libcurl.
  package static let shared = Client()

  private let transport: any Transport

  package init(transport: any Transport = CurlTransport()) {
    self.transport = transport
  }

  package func send(_ request: ClientRequest) async throws(ClientError) -> ClientResponse {
    guard request.redirects > 0, request.addresses != .public else {
      return try await transport.send(request)
    }
    let deadline = Instant.now + request.limits.total
    var request = request
    while true {
      let response = try await transport.send(request)
      guard let next = try request.redirected(by: response) else { return response }
      request = next
      request.limits.total = deadline - .now
    }
  }
}
