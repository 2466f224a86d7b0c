import CCurl

extension ClientError.Kind {
  /// What a transfer's failure means to the one who asked for it.
  init(_ code: CURLcode) {
    self =
      switch code {
      case CURLE_OPERATION_TIMEDOUT: .timeout
      case CURLE_COULDNT_RESOLVE_HOST: .unresolvable
      case CURLE_COULDNT_CONNECT: .refused
      case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
        CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS,
        CURLE_SSL_ENGINE_INITFAILED, CURLE_USE_SSL_FAILED:
        .tls
      // A header line that exceeds libcurl's own buffer is reported as a lack of memory.
      case CURLE_FILESIZE_EXCEEDED, CURLE_OUT_OF_MEMORY: .tooLarge
      case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_PARTIAL_FILE, CURLE_HTTP2,
        CURLE_HTTP2_STREAM, CURLE_SSL_SHUTDOWN_FAILED, CURLE_ABORTED_BY_CALLBACK:
        .disconnected
      case CURLE_URL_MALFORMAT: .invalidURL
      // The URL's scheme was looked at before, so this is an answer in the manner of HTTP/0.9.
      case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING,
        CURLE_WRITE_ERROR,
        CURLE_READ_ERROR:
        .invalidResponse
      default: .unavailable
      }
  }
}
