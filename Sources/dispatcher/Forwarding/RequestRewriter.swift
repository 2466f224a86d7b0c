import Glibc
import HTTP
import Loop
import Telemetry

/// A request as a service gets it, and where the parts are that the answer and the log need.
final class ForwardedRequest {
  /// The head, its last empty line included.
  let bytes = ByteBuffer()
  var methodName = 0..<0
  var path = 0..<0
  var id = 0..<0
  var method = Method.get
  var minorVersion = 1
  /// Position of the Origin among those that are allowed, for the answer.
  var origin: Int?
  var isPreflight = false
  var upgrades = false
  /// The client waits for a word before it sends the body.
  var expectsContinue = false

  func reset() {
    bytes.removeAll()
    origin = nil
    isPreflight = false
    upgrades = false
  }
}

/// Writes the head of the request that goes on: path and fields as they came, without what is about
/// the client's connection, with what the dispatcher vouches for.
@Loop
final class RequestRewriter {
  private let trustedProxies: TrustedProxies
  private let hops: Int
  private let origins: AllowedOrigins
  private var seal: ClientSeal?
  private var identity: RequestIdentity

  init(
    trustedProxies: TrustedProxies,
    hops: Int,
    origins: AllowedOrigins,
    key: [UInt8]?
  ) {
    self.trustedProxies = trustedProxies
    self.hops = hops
    self.origins = origins
    seal = key.map { ClientSeal(key: $0) }
    var source = SystemRandomNumberGenerator()
    identity = RequestIdentity(using: &source)
  }

  func rewrite(
    _ head: RequestHead,
    _ bytes: UnsafeRawBufferPointer,
    from peer: SocketAddress?,
    into request: ForwardedRequest
  ) {
    request.method = head.method
    request.minorVersion = head.minorVersion
    request.expectsContinue = head.expectsContinue
    writeRequestLine(head, bytes, into: request)
    let isTrusted = trustedProxies.contains(peer)
    var found = Found()
    copyFields(head, bytes, isTrusted: isTrusted, into: request, &found)
    if found.host == nil { request.bytes.append("Host: localhost\r\n") }
    writeFraming(head, request)
    if let upgrade = found.upgrade {
      request.upgrades = true
      request.bytes.append("Connection: upgrade\r\nUpgrade: ")
      request.bytes.append(upgrade.slice(of: bytes))
      request.bytes.append("\r\n")
    }
    writeIdentity(found.id, bytes, request)
    writeClient(head, bytes, from: peer, isTrusted: isTrusted, found, request)
    request.bytes.append("\r\n")
  }

  /// Gives a new id to a request that could not be read.
  func identify(_ request: ForwardedRequest) {
    identity.append(to: request.bytes)
    request.id = 0..<request.bytes.count
  }

  private struct Found {
    var host: ByteRange?
    var id: ByteRange?
    var proto: ByteRange?
    var forwardedHost: ByteRange?
    var upgrade: ByteRange?
    var hasForwardedFor = false
  }

  private func writeRequestLine(
    _ head: RequestHead,
    _ bytes: UnsafeRawBufferPointer,
    into request: ForwardedRequest
  ) {
    request.bytes.append(head.methodName.slice(of: bytes))
    request.methodName = 0..<request.bytes.count
    request.bytes.append(" ")
    let start = request.bytes.count
    request.bytes.append(head.target.slice(of: bytes))
    request.path = start..<start + head.path.count
    request.bytes.append(" HTTP/1.1\r\n")
  }

  /// Copies the lines of the fields that go on, neighbours together.
  private func copyFields(
    _ head: RequestHead,
    _ bytes: UnsafeRawBufferPointer,
    isTrusted: Bool,
    into request: ForwardedRequest,
    _ found: inout Found
  ) {
    var copied = 0
    var copyEnd = 0
    for (index, field) in head.fields.enumerated() {
      let lineStart = Int(field.name.start)
      let isLast = index + 1 == head.fields.count
      let lineEnd = isLast ? head.length - 2 : Int(head.fields[index + 1].name.start)
      guard keeps(field, bytes, head, isTrusted: isTrusted, request, &found) else { continue }
      if copyEnd != lineStart {
        request.bytes.append(UnsafeRawBufferPointer(rebasing: bytes[copied..<copyEnd]))
        copied = lineStart
      }
      copyEnd = lineEnd
    }
    request.bytes.append(UnsafeRawBufferPointer(rebasing: bytes[copied..<copyEnd]))
  }

  private func keeps(
    _ field: Field,
    _ bytes: UnsafeRawBufferPointer,
    _ head: RequestHead,
    isTrusted: Bool,
    _ request: ForwardedRequest,
    _ found: inout Found
  ) -> Bool {
    switch RequestField(field, bytes) {
    case .forwarded:
      return true
    case .dropped:
      return false
    case .proxied:
      return isTrusted
    case .host:
      found.host = field.value
      return true
    case .origin:
      request.origin = origins.position(of: field.value.slice(of: bytes))
      return true
    case .preflightMethod:
      request.isPreflight = head.method == .options
      return true
    case .requestID:
      found.id = field.value
      return false
    case .forwardedFor:
      found.hasForwardedFor = true
      return false
    case .forwardedProto:
      found.proto = field.value
      return false
    case .forwardedHost:
      found.forwardedHost = field.value
      return false
    case .upgrade:
      // Other protocols, HTTP/2 above all, would carry requests past the routes.
      let mayTunnel = head.wantsUpgrade && head.method == .get && head.framing == .none
      if mayTunnel, field.value.slice(of: bytes).equalsIgnoringCase("websocket") {
        found.upgrade = field.value
      }
      return false
    }
  }

  private func writeFraming(_ head: RequestHead, _ request: ForwardedRequest) {
    switch head.framing {
    case .none, .untilClose: break
    case .length(let length):
      request.bytes.append("Content-Length: ")
      request.bytes.append(decimal: length)
      request.bytes.append("\r\n")
    case .chunked: request.bytes.append("Transfer-Encoding: chunked\r\n")
    }
  }

  private func writeIdentity(
    _ inbound: ByteRange?,
    _ bytes: UnsafeRawBufferPointer,
    _ request: ForwardedRequest
  ) {
    request.bytes.append("X-Request-Id: ")
    let start = request.bytes.count
    if let inbound, RequestID.isSane(inbound.slice(of: bytes)) {
      request.bytes.append(inbound.slice(of: bytes))
    } else {
      identity.append(to: request.bytes)
    }
    request.id = start..<request.bytes.count
    request.bytes.append("\r\n")
  }

  private func writeClient(
    _ head: RequestHead,
    _ bytes: UnsafeRawBufferPointer,
    from peer: SocketAddress?,
    isTrusted: Bool,
    _ found: Found,
    _ request: ForwardedRequest
  ) {
    let peerText = AddressText(peer)
    var client = peerText
    request.bytes.append("X-Forwarded-For: ")
    if isTrusted, found.hasForwardedFor {
      client = Self.client(head, bytes, hops: hops) ?? peerText
      for field in head.fields where Self.isForwardedFor(field, bytes) && !field.value.isEmpty {
        request.bytes.append(field.value.slice(of: bytes))
        request.bytes.append(", ")
      }
    }
    peerText.append(to: request.bytes)
    request.bytes.append("\r\nX-Forwarded-Proto: ")
    let isSecure = isTrusted && found.proto?.slice(of: bytes).equalsIgnoringCase("https") == true
    request.bytes.append(isSecure ? "https" : "http")
    if let host = (isTrusted ? found.forwardedHost : nil) ?? found.host {
      request.bytes.append("\r\nX-Forwarded-Host: ")
      request.bytes.append(host.slice(of: bytes))
    }
    request.bytes.append("\r\n")
    guard let value = seal?.seal(client, now: time(nil)) else { return }
    request.bytes.append("X-StreamVibe-Client: ")
    request.bytes.append(value)
    request.bytes.append("\r\n")
  }

  private static func client(
    _ head: RequestHead,
    _ bytes: UnsafeRawBufferPointer,
    hops: Int
  ) -> AddressText? {
    var chain = ForwardedFor(hops: hops)
    for field in head.fields.reversed() where isForwardedFor(field, bytes) {
      if let element = chain.element(of: field.value.slice(of: bytes)) {
        return AddressText(element)
      }
    }
    return nil
  }

  private static func isForwardedFor(_ field: Field, _ bytes: UnsafeRawBufferPointer) -> Bool {
    field.known == .other && field.name.slice(of: bytes).equalsIgnoringCase("x-forwarded-for")
  }
}
