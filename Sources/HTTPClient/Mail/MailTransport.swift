package import Loop

/// Brings one mail to a server: the network, or what stands for it in a test.
@Loop
package protocol MailTransport: AnyObject {
  /// - Throws: ``MailError`` when the server did not say that it has taken the mail.
  func send(_ message: SMTPMessage) async throws(MailError)
}

/// The network, by libcurl's SMTP.
///
/// libcurl waits for a server's last word in the midst of a call, also where the loop drives it, so
/// a mail is sent on a thread of its own: a server that thinks for long holds up nothing else. Each
/// mail has its own connection.
@Loop
package final class SMTPTransport: MailTransport {
  private let server: SMTPServer
  private let authorities: CertificateAuthorities
  private let connectTime: Duration
  private let totalTime: Duration
  private let threads: WorkerPool

  /// - Parameters:
  ///   - connectTime: until the server has greeted and taken the login.
  ///   - totalTime: until it has taken the mail.
  ///   - connections: the most at once.
  package init(
    to server: SMTPServer,
    authorities: CertificateAuthorities = .system,
    connectTime: Duration = .seconds(15),
    totalTime: Duration = .seconds(60),
    connections: Int = 4
  ) {
    self.server = server
    self.authorities = authorities
    self.connectTime = connectTime
    self.totalTime = totalTime
    threads = WorkerPool(threads: connections, queue: connections)
  }

  package func send(_ message: SMTPMessage) async throws(MailError) {
    let delivery = SMTPDelivery(
      message: message,
      server: server,
      authorities: authorities,
      connectTime: connectTime,
      totalTime: totalTime
    )
    let failure: MailError?
    do {
      failure = try await threads.run { delivery.run() }
    } catch {
      failure = MailError(.unavailable, host: server.host)
    }
    if let failure { throw failure }
  }
}
