extension ClientRequest {
  /// What may be sent to an origin that the caller did not name.
  private static let harmlessHeaders: Set<String> = [
    "accept", "accept-language", "content-type", "user-agent",
  ]

  /// The request that an answer redirects to (RFC 9110 §15.4); nil when it is no redirect.
  ///
  /// To another origin go neither credentials nor, since it may hold them too, a body.
  ///
  /// - Throws: `.redirect` when there were too many, and for one that leads from https to http, to
  ///   this machine from elsewhere, or to what is no URL.
  func redirected(by response: ClientResponse) throws(ClientError) -> ClientRequest? {
    guard [301, 302, 303, 307, 308].contains(response.status),
      let location = response.headers["location"]
    else { return nil }
    guard let source = URLHandle(url) else { throw ClientError(.invalidURL) }
    let failure = ClientError(.redirect, host: source.host)
    guard redirects > 0, let target = source.resolving(location), addresses.permits(target),
      source.scheme == "http" || target.scheme == "https", source.isLoopback || !target.isLoopback
    else { throw failure }

    var next = self
    next.redirects -= 1
    next.url = target.text
    let becomesGet =
      response.status == 303 ? method != .head : response.status < 303 && method == .post
    if becomesGet {
      next.method = .get
      next.body = []
      next.headers["content-type"] = nil
      next.mayRepeat = true
    }
    if source.origin != target.origin {
      guard next.body.isEmpty else { throw failure }
      next.headers = HeaderFields(
        headers.filter { Self.harmlessHeaders.contains($0.name.lowercased()) }
      )
    }
    return next
  }
}
