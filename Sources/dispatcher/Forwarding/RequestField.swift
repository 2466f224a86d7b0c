import HTTP

/// What the dispatcher does with a request's field.
enum RequestField {
  /// Goes on as it came.
  case forwarded
  /// About the connection, or the dispatcher's own to say: removed.
  case dropped
  /// Says who asked, by a proxy's word: removed unless the proxy is trusted.
  case proxied
  case forwardedFor
  case forwardedProto
  case forwardedHost
  case requestID
  case origin
  case preflightMethod
  case host
  case upgrade

  init(_ field: Field, _ bytes: UnsafeRawBufferPointer) {
    switch field.known {
    case .other: self = Self.other(field.name.slice(of: bytes))
    case .host: self = .host
    case .upgrade: self = .upgrade
    case .expect: self = .forwarded
    case .connection, .contentLength, .keepAlive, .proxyConnection, .te, .trailer,
      .transferEncoding:
      self = .dropped
    }
  }

  private static func other(_ name: UnsafeRawBufferPointer) -> RequestField {
    switch name.count {
    case 6: name.equalsIgnoringCase("origin") ? .origin : .forwarded
    case 9:
      name.equalsIgnoringCase("forwarded") || name.equalsIgnoringCase("x-real-ip")
        ? .proxied : .forwarded
    case 12: name.equalsIgnoringCase("x-request-id") ? .requestID : .forwarded
    case 14: name.equalsIgnoringCase("http2-settings") ? .dropped : .forwarded
    case 15: name.equalsIgnoringCase("x-forwarded-for") ? .forwardedFor : .forwarded
    case 16:
      name.equalsIgnoringCase("x-forwarded-host")
        ? .forwardedHost : name.equalsIgnoringCase("x-forwarded-port") ? .proxied : .forwarded
    case 17: name.equalsIgnoringCase("x-forwarded-proto") ? .forwardedProto : .forwarded
    case 19: name.equalsIgnoringCase("x-streamvibe-client") ? .dropped : .forwarded
    case 29:
      name.equalsIgnoringCase("access-control-request-method") ? .preflightMethod : .forwarded
    default: .forwarded
    }
  }
}
