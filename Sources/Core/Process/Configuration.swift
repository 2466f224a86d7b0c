import Glibc
package import Loop

/// A setting that can't be used. The process does not start with it.
package struct ConfigurationError: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) {
    self.description = description
  }
}

/// The process's settings. Empty counts as not set.
package struct Configuration: Sendable {
  private let values: [String: String]

  package init(_ values: [String: String]) {
    self.values = values.filter { !$0.value.isEmpty }
  }

  /// The environment.
  package static var environment: Configuration {
    var values: [String: String] = [:]
    var next = environ
    while let entry = next.pointee {
      let text = String(cString: entry)
      if let equals = text.firstIndex(of: "=") {
        values[String(text[..<equals])] = String(text[text.index(after: equals)...])
      }
      next += 1
    }
    return Configuration(values)
  }

  /// The value, or its default.
  package subscript(_ setting: Setting) -> String? {
    values[setting.name] ?? setting.fallback
  }

  /// - Throws: ``Failure`` with NOT_CONFIGURED, naming the setting.
  package func required(_ setting: Setting) throws(Failure) -> String {
    guard let value = self[setting] else { throw .notConfigured(setting.name) }
    return value
  }

  /// A base address without a slash at its end.
  package func baseURL(_ setting: Setting) -> String {
    var text = self[setting] ?? ""
    while text.hasSuffix("/") { text.removeLast() }
    return text
  }

  /// - Throws: ``ConfigurationError`` when it is no whole number in `range`.
  package func number(_ setting: Setting, in range: ClosedRange<Int>) throws -> Int {
    guard let text = self[setting], let number = Int(text), range.contains(number) else {
      throw ConfigurationError(
        "\(setting.name) must be a number from \(range.lowerBound) to \(range.upperBound)"
      )
    }
    return number
  }

  /// - Throws: ``ConfigurationError`` when it is neither on nor off.
  package func flag(_ setting: Setting) throws -> Bool {
    switch self[setting]?.lowercased() {
    case "on", "true", "1", "yes": return true
    case "off", "false", "0", "no", nil: return false
    default: throw ConfigurationError("\(setting.name) must be on or off")
    }
  }

  /// - Throws: ``ConfigurationError`` when it is no address.
  package func address(_ setting: Setting) throws -> SocketAddress? {
    guard let text = self[setting] else { return nil }
    guard let address = SocketAddress(text) else {
      throw ConfigurationError("\(setting.name) must be address:port or unix:/path, not \(text)")
    }
    return address
  }

  /// What users' tokens name as their issuer.
  package var issuer: String {
    self[.jwtIssuer] ?? "\(self[.externalURL] ?? "")/auth/v1"
  }
}
