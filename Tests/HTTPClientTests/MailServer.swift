import FoundationEssentials
import Glibc
import Loop
import Testing
import TestSupport

@testable import HTTPClient

/// `Tests/http-client/smtp_server.py` in a process of its own, which ends with this one.
struct MailServer: Sendable {
  private static let started = Task { try await start() }

  static var shared: MailServer {
    get async throws { try await started.value }
  }

  /// A mail that arrived, as Python reads it.
  struct Mail: Decodable {
    var from: String
    var to: [String]
    var user: String?
    var is_tls: Bool
    var longest: Int
    var is_plain: Bool
    var headers: [[String]]
    /// The sender's.
    var name: String
    var text: String
    var html: String
    var last: String
    var defects: [String]

    func header(_ name: String) -> String? { headers.first { $0[0] == name }?[1] }
  }

  let ports: [String: Int]
  let folder: String
  let authority: String

  func url(_ name: String, account: String = "", host: String = "127.0.0.1") -> String {
    "\(name.hasPrefix("smtps") ? "smtps" : "smtp")://\(account)\(host):\(ports[name] ?? 0)"
  }

  /// Sends a mail on the loop.
  func send(
    _ message: SMTPMessage,
    to url: String,
    totalTime: Duration = .seconds(20),
    connectTime: Duration = .seconds(10)
  ) async throws -> MailError? {
    let server = try #require(SMTPServer(url))
    let authority = authority
    return try await onLoop {
      let transport = SMTPTransport(
        to: server,
        authorities: .file(authority),
        connectTime: connectTime,
        totalTime: totalTime
      )
      do {
        try await transport.send(message)
        return nil
      } catch {
        return error as? MailError
      }
    }
  }

  /// What a session said whose sender's domain is that of `message`.
  func said(by message: SMTPMessage) -> [String] {
    let path = "\(folder)/\(message.from.domain).log"
    guard let data = try? Data(contentsOf: URL(filePath: path)) else { return [] }
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  func arrived(_ message: SMTPMessage) throws -> Mail {
    let data = try Data(contentsOf: URL(filePath: "\(folder)/\(message.from.domain).mail"))
    return try JSONDecoder().decode(Mail.self, from: data)
  }

  private static func start() async throws -> MailServer {
    let http = try await TestServer.shared
    let folder = String(http.authority.dropLast("/trusted.pem".count))
    let tools =
      "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/") + "/http-client"
    try ChildProcess.guarded(by: #"python3 "$1" "$2""#, ["\(tools)/smtp_server.py", folder])
    let start = Instant.now
    while Instant.now - start < .seconds(60) {
      if let data = try? Data(contentsOf: URL(filePath: folder + "/smtp.json")) {
        let ports = try JSONDecoder().decode([String: Int].self, from: data)
        return MailServer(ports: ports, folder: folder, authority: http.authority)
      }
      try await Task.sleep(for: .milliseconds(20))
    }
    throw TestServer.NotStarted()
  }
}

extension SMTPMessage {
  /// A mail from a domain of its own.
  ///
  /// - Parameter action: what the server shall do, the sender's local part.
  static func sample(
    _ action: String = "noreply",
    name: String? = "StreamVibe",
    to recipient: String = "ann@example.com",
    subject: String = "Hello",
    text: String = "Hello.\n",
    html: String = "<p>Hello.</p>\n"
  ) throws -> SMTPMessage {
    let from = try #require(MailAddress("\(action)@\(uniqueKey()).example", name: name))
    let to = try #require(MailAddress(recipient))
    return SMTPMessage(
      from: from,
      to: to,
      subject: subject,
      text: text,
      html: html,
      id: "0190-abc",
      date: 1_795_521_600
    )
  }
}
