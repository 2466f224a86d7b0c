import CCurl
import Glibc
import Loop

/// One request on its way, and what has come of its answer.
@Loop
final class Transfer {
  var continuation: UnsafeContinuation<Result<ClientResponse, ClientError>, Never>?

  private let request: ClientRequest
  private let url: URLHandle
  private var easy: EasyHandle
  private let reception: Reception
  private var clock: LoopTimer?

  /// What libcurl knows it by.
  var handle: UnsafeMutableRawPointer { easy.pointer }

  /// - Throws: what is wrong with the request itself.
  init(
    _ request: ClientRequest,
    authorities: CertificateAuthorities,
    isPublic: @escaping @Sendable (SocketAddress) -> Bool
  ) throws(ClientError) {
    guard let url = URLHandle(request.url) else { throw ClientError(.invalidURL) }
    guard request.addresses.permits(url) else { throw ClientError(.invalidURL, host: url.host) }
    guard request.isValid else { throw ClientError(.invalidRequest, host: url.host) }
    guard request.limits.total > .zero else { throw ClientError(.timeout, host: url.host) }
    guard let easy = EasyHandle() else { throw ClientError(.unavailable, host: url.host) }
    self.request = request
    reception = Reception(of: request, isPlain: url.scheme == "http", isPublic: isPublic)
    self.url = url
    self.easy = easy
    prepare(authorities)
  }

  /// Has `action` done when the time of the transfer is over. libcurl's own time-out leaves out the
  /// time that a transfer waits for a connection.
  func startClock(_ action: @escaping @Loop () -> Void) {
    let clock = LoopTimer(action)
    clock.schedule(after: request.limits.total)
    self.clock = clock
  }

  func finish(_ code: CURLcode) {
    guard code != CURLE_OK else {
      let status = curl_easy_status(handle)
      resume(
        .success(ClientResponse(status: status, headers: reception.headers, body: reception.body))
      )
      return
    }
    let detail = String(cString: curl_easy_strerror(code))
    resume(.failure(ClientError(kind(of: code), host: url.host, detail: detail)))
  }

  private func kind(of code: CURLcode) -> ClientError.Kind {
    if reception.isTooLarge { return .tooLarge }
    guard code == CURLE_COULDNT_CONNECT else { return ClientError.Kind(code) }
    return reception.wasForbidden
      ? .forbiddenAddress : reception.isExhausted ? .unavailable : .refused
  }

  func finish(throwing kind: ClientError.Kind) {
    resume(.failure(ClientError(kind, host: url.host)))
  }

  private func resume(_ result: Result<ClientResponse, ClientError>) {
    clock?.cancel()
    continuation?.resume(returning: result)
    continuation = nil
  }

  // MARK: - Options

  private func prepare(_ authorities: CertificateAuthorities) {
    curl_easy_set_url(handle, url.pointer)
    easy.set(CURLOPT_NOSIGNAL, 1)
    // Otherwise ending a transfer waits for the thread that resolves its name.
    easy.set(CURLOPT_QUICK_EXIT, 1)
    easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
    easy.set(CURLOPT_FOLLOWLOCATION, 0)
    easy.set(CURLOPT_PROXY, "")
    easy.set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS)
    easy.set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
    easy.trust(authorities)
    easy.set(CURLOPT_ACCEPT_ENCODING, "gzip")
    easy.set(CURLOPT_CONNECTTIMEOUT_MS, request.limits.connect)
    // A HEAD request's answer has the length of a body that doesn't come.
    if request.method != .head {
      curl_easy_set_size(handle, CURLOPT_MAXFILESIZE_LARGE, curl_off_t(request.limits.body))
    }
    prepareRequest()

    easy.converse(with: reception)
    easy.askBeforeSending(reception)
  }

  private func prepareRequest() {
    switch request.method {
    case .get: easy.set(CURLOPT_HTTPGET, 1)
    case .head: easy.set(CURLOPT_NOBODY, 1)
    default:
      easy.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
      if !request.body.isEmpty || request.method != .delete {
        curl_easy_set_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
        _ = request.body.withUnsafeBytes { bytes in
          curl_easy_set_pointer(handle, CURLOPT_COPYPOSTFIELDS, bytes.baseAddress)
        }
      }
    }
    var lines = request.headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
    if request.headers["user-agent"] == nil { lines.append("User-Agent: StreamVibe/1") }
    if request.headers["content-type"] == nil { lines.append("Content-Type:") }
    // The answer to a large body would be waited for otherwise.
    lines.append("Expect:")
    easy.set(CURLOPT_HTTPHEADER, lines)
  }
}
