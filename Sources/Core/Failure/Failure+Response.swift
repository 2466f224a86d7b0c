import HTTP

extension Failure {
  /// The envelope of api: every answer that is no success looks like this.
  func response(requestID: String) -> Response {
    let body = ErrorEnvelope.bytes(code, message, details: details, requestID: requestID)
    return Response(
      status: code.status,
      headers: [("content-type", ErrorEnvelope.contentType), ("cache-control", "no-store")]
        + headers,
      body: .bytes(body)
    )
  }
}
