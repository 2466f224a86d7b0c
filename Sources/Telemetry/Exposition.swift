/// A label and its value, as it is before escaping.
package struct Label: Sendable {
  var name: String
  var value: String
}

/// Prometheus's text format 0.0.4, while it is being written.
package struct Exposition {
  private(set) var bytes: [UInt8] = []
  /// Goes in front of every sample's own labels.
  private let common: [Label]

  init(common: [Label]) {
    self.common = common
  }

  mutating func family(_ name: String, help: String, kind: StaticString) {
    write("# HELP ", name, " ")
    for byte in help.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): bytes.append("\\\\")
      case UInt8(ascii: "\n"): bytes.append("\\n")
      default: bytes.append(byte)
      }
    }
    write("\n# TYPE ", name, " ")
    bytes.append(kind)
    bytes.append("\n")
  }

  mutating func sample(_ name: String, _ labels: [Label], _ value: Double) {
    write(name)
    var separator: StaticString = "{"
    for label in common + labels {
      bytes.append(separator)
      separator = ","
      write(label.name, "=\"")
      append(escaping: label.value)
      bytes.append("\"")
    }
    if !common.isEmpty || !labels.isEmpty { bytes.append("}") }
    write(" ", Self.text(value), "\n")
  }

  /// A number as Go's `ParseFloat` takes it.
  static func text(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if value.magnitude < 1e15, value == value.rounded() { return String(Int(value)) }
    return value.description
  }

  private mutating func append(escaping text: String) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): bytes.append("\\\\")
      case UInt8(ascii: "\""): bytes.append("\\\"")
      case UInt8(ascii: "\n"): bytes.append("\\n")
      default: bytes.append(byte)
      }
    }
  }

  private mutating func write(_ texts: String...) {
    for text in texts { bytes.append(contentsOf: text.utf8) }
  }
}

extension Metrics {
  /// For the `content-type` of what ``exposition()`` returns.
  package nonisolated static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  /// All metrics as `GET /metrics` answers them.
  package func exposition() -> [UInt8] {
    let common = service.map { [Label(name: "service", value: $0)] } ?? []
    var exposition = Exposition(common: common)
    for family in families {
      exposition.family(family.name, help: family.help, kind: family.kind)
      family.write(to: &exposition)
    }
    return exposition.bytes
  }
}
