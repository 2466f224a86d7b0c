import Loop

/// The settings of this process, checked.
struct Settings: Sendable {
  /// One that cannot be used, for whoever started the process.
  struct Unusable: Error, CustomStringConvertible {
    let setting: Setting
    let reason: String

    var description: String { "\(setting.name) \(reason)" }
  }

  var listen: SocketAddress
  var metricsListen: SocketAddress?
  var services: String?
  var runDirectory: String
  var upstreams: [(entry: ServiceEntry, address: String)]
  var metricsUpstreams: [String]
  var openAPI: String?
  var proxyKey: [UInt8]?
  var trustedProxies: TrustedProxies
  var trustedHops: Int
  var origins: AllowedOrigins
  var drainTime: Duration
  var forwarding = Forwarder.Limits()
  var upstream = Upstream.Limits()

  init() throws(Unusable) {
    listen = try Self.listenAddress()
    metricsListen = try Self.address(.metricsListen)
    services = Setting.services.value
    runDirectory = Setting.runDirectory.value ?? ""
    openAPI = Setting.openAPI.value
    proxyKey = Setting.proxyKey.value.map { Array($0.utf8) }
    metricsUpstreams =
      Setting.metricsUpstreams.value?.split(separator: ",").map(\.trimmed) ?? []
    do {
      upstreams = try ServiceList.parseUpstreams(Setting.upstreams.value ?? "")
    } catch {
      throw Unusable(setting: .upstreams, reason: error.description)
    }
    do {
      trustedProxies = try TrustedProxies(Setting.trustedProxies.value ?? "")
    } catch {
      throw Unusable(setting: .trustedProxies, reason: "has \(error.item), which is no CIDR block")
    }
    trustedHops = try Self.number(.trustedHops, 1...16)
    origins = AllowedOrigins(Setting.origins.value ?? (listen.isLoopback ? "*" : ""))
    drainTime = .seconds(try Self.number(.drainTime, 0...3600))
    forwarding.body = try Self.number(.bodyLimit, 0...Int.max)
    forwarding.total = .seconds(try Self.number(.timeLimit, 1...86_400))
    upstream.concurrency = try Self.number(.concurrency, 1...100_000)
    upstream.queue = try Self.number(.queue, 0...100_000)
  }

  /// Where the dispatcher listens; alone of all settings what `--health` needs.
  static func listenAddress() throws(Unusable) -> SocketAddress {
    if let address = try address(.listen) { return address }
    let port = try number(.port, 0...65_535)
    guard let address = SocketAddress(host: "127.0.0.1", port: UInt16(port)) else {
      throw Unusable(setting: .port, reason: "is no port")
    }
    return address
  }

  private static func address(_ setting: Setting) throws(Unusable) -> SocketAddress? {
    guard let text = setting.value else { return nil }
    guard let address = SocketAddress(text) else {
      throw Unusable(setting: setting, reason: "is \(text), not host:port or unix:/path")
    }
    return address
  }

  private static func number(
    _ setting: Setting,
    _ range: ClosedRange<Int>
  ) throws(Unusable) -> Int {
    let text = setting.value ?? ""
    guard let number = Int(text), range.contains(number) else {
      throw Unusable(setting: setting, reason: "is \(text), not a number in \(range)")
    }
    return number
  }
}

extension SocketAddress {
  /// Whether only this machine can reach it.
  var isLoopback: Bool {
    switch kind {
    case .ipv4(let bytes, _): bytes.first == 127
    case .ipv6(let bytes, _): bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
    case .unix: true
    }
  }

  /// Where a process on this machine reaches who listens here.
  var local: SocketAddress {
    switch kind {
    case .ipv4(let bytes, let port) where bytes.allSatisfy { $0 == 0 }:
      SocketAddress(host: "127.0.0.1", port: port) ?? self
    case .ipv6(let bytes, let port) where bytes.allSatisfy { $0 == 0 }:
      SocketAddress(host: "::1", port: port) ?? self
    case .ipv4, .ipv6, .unix: self
    }
  }
}
