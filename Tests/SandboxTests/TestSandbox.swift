import Core
import HTTPClient
import JSON
import Loop
import Testing
import TestSupport

@testable import sandbox

/// A sandbox that answers in the test's process, on ports of its own.
struct TestSandbox: Sendable {
  let address: SocketAddress
  let mailAddress: SocketAddress
  private let running: RunningResponder<Sandbox>

  /// Gives `body` one and stops it afterwards.
  @discardableResult
  static func with<Value: Sendable>(
    settings: [String: String] = [:],
    _ body: @Sendable (TestSandbox) async throws -> Value
  ) async throws -> Value {
    let configuration = Configuration(
      settings.merging(["LISTEN": "127.0.0.1:0", "SMTP_LISTEN": "127.0.0.1:0"]) { $1 }
    )
    let sandbox = try await onLoop {
      let running = try RunningResponder(Sandbox.self, configuration)
      return TestSandbox(running, running.address, running.responder.world.mail.address)
    }
    do {
      let value = try await body(sandbox)
      await sandbox.running.stop(within: .zero)
      return value
    } catch {
      await sandbox.running.stop(within: .zero)
      throw error
    }
  }

  private init(
    _ running: RunningResponder<Sandbox>,
    _ address: SocketAddress,
    _ mailAddress: SocketAddress
  ) {
    self.running = running
    self.address = address
    self.mailAddress = mailAddress
  }

  func ask(
    _ method: ClientRequest.Method,
    _ path: String,
    body: String = "",
    type: String = "application/json",
    headers: HTTPClient.HeaderFields = [:],
    totalTime: Duration = .seconds(20)
  ) async throws -> ClientResponse {
    var request = ClientRequest(
      method,
      "http://\(address)\(path)",
      headers: headers,
      body: Array(body.utf8),
      limits: TransferLimits(total: totalTime, body: 64 << 20)
    )
    if !body.isEmpty { request.headers["content-type"] = type }
    return try await onLoop { try await Client.shared.send(request) }
  }

  func inbox(_ query: String = "") async throws -> [JSON] {
    let answer = try await ask(.get, "/inbox\(query)")
    guard answer.status == 200, case .array(let mails) = answer.json else {
      Issue.record("no list: \(answer.status) \(answer.text)")
      return []
    }
    return mails
  }

  /// Sends a mail as auth does.
  func send(
    to recipient: String = "ann@example.com",
    subject: String = "Hello",
    text: String = "Hello.",
    html: String = "<p>Hello.</p>",
    totalTime: Duration = .seconds(20)
  ) async throws -> MailError? {
    let server = try #require(SMTPServer("smtp://\(mailAddress)"))
    let message = SMTPMessage(
      from: try #require(MailAddress("noreply@app.example", name: "StreamVibe")),
      to: try #require(MailAddress(recipient)),
      subject: subject,
      text: text,
      html: html,
      id: "1",
      date: 0
    )
    return try await onLoop {
      do throws(MailError) {
        try await SMTPTransport(to: server, totalTime: totalTime).send(message)
        return nil
      } catch {
        return error
      }
    }
  }

  /// What the mail server says to these bytes, until it closes or says no more.
  func talk(_ text: String, milliseconds: Int32 = 3000) async throws -> [String] {
    let address = mailAddress
    return try await ProbePool.run {
      let client = try RawClient(address)
      client.send(text)
      return client.readAll(milliseconds: milliseconds).split(separator: "\r\n").map(String.init)
    }
  }
}

extension ClientResponse {
  /// Null when the body is no JSON.
  var json: JSON { (try? JSON(parsing: body)) ?? .null }
}

extension JSON {
  var text: String? { if case .string(let text) = self { text } else { nil } }

  var texts: [String] {
    guard case .array(let elements) = self else { return [] }
    return elements.compactMap(\.text)
  }
}
