import Postgres

/// Settings that a role or a function has of its own, and that hold for a whole request.
struct OwnSettings: Sendable, Equatable {
  /// How long a statement may take.
  var timeout: Duration?
  var isolation: Identity.Isolation?
  /// Values by their settings' names.
  var others: [String: String] = [:]

  /// Where both say something, `first` does.
  static func merged(_ first: OwnSettings, _ second: OwnSettings) -> OwnSettings {
    OwnSettings(
      timeout: first.timeout ?? second.timeout,
      isolation: first.isolation ?? second.isolation,
      others: second.others.merging(first.others) { _, first in first }
    )
  }

  /// The statement that puts the others in force; nil where there are none.
  func statement(without name: String?) -> SQL? {
    let set = others.sorted { $0.key < $1.key }.filter { $0.key != name }.map { other -> SQL in
      "set_config(\(other.key), \(other.value), true) is not null"
    }
    guard !set.isEmpty else { return nil }
    return ("select where " + set.joined(separator: " and ")).named("rest.settings")
  }
}

extension Identity.Isolation {
  /// - Parameter name: as PostgreSQL has it; there, too, nothing is less isolated than committed.
  init?(setting name: String?) {
    switch name?.lowercased() {
    case "read uncommitted": self = .readCommitted
    case let name?: self.init(rawValue: name)
    case nil: return nil
    }
  }
}
