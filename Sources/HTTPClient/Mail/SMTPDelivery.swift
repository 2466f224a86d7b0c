import CCurl

/// One mail's way to the server; blocks until it has ended.
struct SMTPDelivery: Sendable {
  /// How long a server may be silent: between two replies, and when its connection is ended.
  static let partingTime: Duration = .seconds(30)

  let message: SMTPMessage
  let server: SMTPServer
  let authorities: CertificateAuthorities
  let connectTime: Duration
  let totalTime: Duration

  /// - Returns: nil when the server has taken the mail.
  func run() -> MailError? {
    let conversation = SMTPConversation(
      message.bytes,
      onlyLoopback: server.user != nil && !server.needsEncryption
    )
    return withExtendedLifetime(conversation) {
      // The handle goes before the conversation, which is told of the end of its connection.
      guard CurlLibrary.isReady, let easy = EasyHandle() else {
        return MailError(.unavailable, host: server.host)
      }
      return run(easy, conversation)
    }
  }

  private func run(_ handle: consuming EasyHandle, _ conversation: SMTPConversation) -> MailError? {
    var easy = handle
    // What a server is greeted with is where the mail comes from.
    guard let url = URLHandle("\(server.url)/\(greetingName)") else {
      return MailError(.invalidURL, host: server.host)
    }
    curl_easy_set_url(easy.pointer, url.pointer)
    prepare(&easy)
    easy.converse(with: conversation)
    easy.upload(from: conversation, length: conversation.length)
    easy.tellClosing(to: conversation)
    let code = curl_easy_perform(easy.pointer)
    let status = curl_easy_status(easy.pointer)
    conversation.stopReading()
    guard code != CURLE_OK else { return nil }
    return MailError(
      kind(of: code, status, conversation),
      host: server.host,
      status: status >= 400 ? status : nil,
      enhancedStatus: status >= 400 ? conversation.enhancedStatus : nil
    )
  }

  private var greetingName: String {
    let name = message.from.domain
    return name.utf8.allSatisfy { $0 < 0x80 } ? name : "localhost"
  }

  private func prepare(_ easy: inout EasyHandle) {
    easy.set(CURLOPT_NOSIGNAL, 1)
    easy.set(CURLOPT_QUICK_EXIT, 1)
    easy.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
    easy.set(CURLOPT_PROXY, "")
    easy.set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
    easy.trust(authorities)
    easy.set(
      CURLOPT_USE_SSL,
      Int((server.needsEncryption ? CURLUSESSL_ALL : CURLUSESSL_TRY).rawValue)
    )
    easy.set(CURLOPT_CONNECTTIMEOUT_MS, connectTime)
    easy.set(CURLOPT_TIMEOUT_MS, totalTime)
    easy.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, Int(Self.partingTime.components.seconds))
    if let user = server.user, let password = server.password {
      easy.set(CURLOPT_USERNAME, user)
      easy.set(CURLOPT_PASSWORD, password)
    }
    easy.set(CURLOPT_MAIL_FROM, "<\(message.from.address)>")
    easy.set(CURLOPT_MAIL_RCPT, ["<\(message.to.address)>"])
    easy.set(CURLOPT_UPLOAD, 1)
  }

  private func kind(
    of code: CURLcode,
    _ status: Int,
    _ conversation: SMTPConversation
  ) -> MailError.Kind {
    switch code {
    case CURLE_LOGIN_DENIED: return .login
    // A time-out, TLS and the network are that, whatever was replied before.
    case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_WEIRD_SERVER_REPLY, CURLE_REMOTE_ACCESS_DENIED:
      switch status {
      case 530, 534, 535, 538: return .login
      case 400..<500: return .deferred
      // Of sender, recipient or message; in a greeting it says nothing about this mail.
      case 500..<600:
        return code == CURLE_SEND_ERROR || conversation.hasBegun ? .rejected : .deferred
      default: break
      }
    default: break
    }
    return conversation.wasForbidden ? .forbiddenAddress : MailError.Kind(ClientError.Kind(code))
  }
}

extension MailError.Kind {
  fileprivate init(_ kind: ClientError.Kind) {
    self =
      switch kind {
      case .invalidURL: .invalidURL
      case .forbiddenAddress: .forbiddenAddress
      case .unresolvable: .unresolvable
      case .refused: .refused
      case .timeout: .timeout
      case .tls: .tls
      case .disconnected: .disconnected
      case .invalidResponse, .tooLarge: .invalidResponse
      case .invalidRequest, .redirect, .cancelled, .unavailable: .unavailable
      }
  }
}
