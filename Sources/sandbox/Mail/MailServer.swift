import Core
import HTTP
import JSON
import Loop
import Telemetry

/// Stands in for everybody's mail server: SMTP in, an inbox out.
@Loop
final class MailServer: Emulator {
  private nonisolated static let listen = Setting(
    "SMTP_LISTEN",
    default: "127.0.0.1:54325",
    "where it takes mail: host:port"
  )
  nonisolated static let settings = [listen]

  let inbox = Inbox()
  private let listener: SMTPListener

  /// Where it takes mail.
  var address: SocketAddress { listener.address }

  /// - Throws: `ConfigurationError`, or `SystemError` when the address can't be listened on.
  init(
    _ configuration: Configuration,
    _ faults: FaultSwitches,
    _ limits: SMTPLimits = SMTPLimits()
  ) throws {
    guard let address = try configuration.address(Self.listen) else {
      throw ConfigurationError("SMTP_LISTEN is not set")
    }
    let received = Metrics.shared.counter("sandbox_mails_total", "Mails that were taken.")
    let receiver = SMTPConnection.Receiver(
      take: { faults.take(.smtp, $0) },
      deliver: { [inbox] message, envelope in
        received.add()
        inbox.add(message, envelope)
      }
    )
    listener = try SMTPListener(on: address, limits, receiver)
    Log.info("taking mail") { $0.add("address", listener.address.description) }
  }

  func reset() {
    _ = inbox.remove(for: nil)
  }

  func stop() {
    listener.close()
  }

  func answer(_ visit: Visit) async throws(Refusal) -> Response? {
    switch visit.segments {
    case ["style.css"]: return try page(visit) { _ in Page.style }
    case ["inbox"]: return try await list(visit)
    default:
      guard visit.segments.count >= 2, visit.segments[0] == "mail" else { return nil }
      guard let mail = Int(visit.segments[1]).flatMap({ inbox[$0] }) else {
        throw Refusal(404, "there is no such mail")
      }
      switch visit.segments.dropFirst(2) {
      case []: return try page(visit) { InboxPage.mail(mail, $0) }
      case ["html"]: return try page(visit) { _ in InboxPage.document(mail) }
      case ["source"]: return try page(visit) { _ in InboxPage.source(mail) }
      default: return nil
      }
    }
  }

  private func page(
    _ visit: Visit,
    _ make: (_ base: String) -> Response
  ) throws(Refusal) -> Response {
    guard visit.request.method == .get || visit.request.method == .head else {
      throw .method("GET")
    }
    return make(visit.base)
  }

  /// `/inbox?to=&after=&wait=`
  private func list(_ visit: Visit) async throws(Refusal) -> Response {
    let address = visit["to"]
    switch visit.request.method {
    case .get, .head: break
    case .delete:
      return Response(json: (["deleted": JSON(inbox.remove(for: address))] as JSON).bytes)
    default: throw .method("GET, DELETE")
    }
    let id = try visit.number("after", in: 0...Int.max)
    let wait = try visit.number("wait", in: 0...60) ?? 0
    let end = Instant.now + .seconds(wait)
    var mails = inbox.mails(for: address, after: id)
    while mails.isEmpty, Instant.now < end, !Task.isCancelled {
      await inbox.nextMail(within: end - .now)
      mails = inbox.mails(for: address, after: id)
    }
    var response = Response(json: JSON.array(mails.map(\.json)).bytes)
    response.headers.append(("cache-control", "no-store"))
    return response
  }
}
