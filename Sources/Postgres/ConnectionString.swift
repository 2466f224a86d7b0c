import CPostgres

/// A connection string of libpq (URI or `keyword=value`), its hosts taken apart so that each can be
/// resolved and tried by itself.
struct ConnectionString: Sendable {
  struct Host: Sendable {
    var name: String
    /// Numeric; empty when it is still to be found, or for the directory of a Unix socket.
    var address: String
    var port: String

    /// Whether libpq would have to ask the resolver, which blocks.
    var needsResolving: Bool {
      address.isEmpty && !name.isEmpty && !name.hasPrefix("/") && !name.hasPrefix("@")
    }
  }

  /// In the order in which they are tried; one without a name stands for libpq's default.
  let hosts: [Host]
  /// What each host is asked to be (`target_session_attrs`), in passes over all hosts.
  let passes: [String]
  /// `connect_timeout`, for each address.
  let connectTimeout: Duration?
  private let options: [String: String]

  /// - Throws: ``PostgresError/malformed(_:)``, without a word of `text`, which holds a password.
  init(_ text: String) throws(PostgresError) {
    guard let first = PQconninfoParse(text, nil) else {
      throw .malformed("the connection string can't be read")
    }
    defer { PQconninfoFree(first) }
    var options: [String: String] = [:]
    var option = first
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val {
        options[String(cString: keyword)] = String(cString: value)
      }
      option += 1
    }
    hosts = try Self.hosts(
      names: Self.list(options.removeValue(forKey: "host")),
      addresses: Self.list(options.removeValue(forKey: "hostaddr")),
      ports: Self.list(options.removeValue(forKey: "port"))
    )
    let wanted = options.removeValue(forKey: "target_session_attrs") ?? "any"
    passes = wanted == "prefer-standby" ? ["standby", "any"] : [wanted]
    let seconds = options.removeValue(forKey: "connect_timeout").flatMap { Int($0) } ?? 0
    connectTimeout = seconds > 0 ? .seconds(seconds) : nil
    self.options = options
  }

  /// What libpq is given to connect to one host.
  func keywords(
    for host: Host,
    attributes: String,
    defaults: [String: String]
  ) -> [(keyword: String, value: String)] {
    var keywords = defaults.merging(options) { _, given in given }
    keywords["client_encoding"] = "UTF8"
    keywords["target_session_attrs"] = attributes
    if !host.name.isEmpty { keywords["host"] = host.name }
    if !host.address.isEmpty { keywords["hostaddr"] = host.address }
    if !host.port.isEmpty { keywords["port"] = host.port }
    return keywords.map { ($0.key, $0.value) }
  }

  private static func list(_ text: String?) -> [String] {
    text.map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) } ?? []
  }

  private static func hosts(
    names: [String],
    addresses: [String],
    ports: [String]
  ) throws(PostgresError) -> [Host] {
    let count = max(names.count, addresses.count, 1)
    guard names.isEmpty || names.count == count, addresses.isEmpty || addresses.count == count,
      ports.count <= 1 || ports.count == count
    else { throw .malformed("the connection string has not as many ports as hosts") }
    return (0..<count).map { index in
      Host(
        name: names.isEmpty ? "" : names[index],
        address: addresses.isEmpty ? "" : addresses[index],
        port: ports.isEmpty ? "" : ports[ports.count == 1 ? 0 : index]
      )
    }
  }
}
