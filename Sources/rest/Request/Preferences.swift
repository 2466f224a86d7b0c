/// What `Prefer` asks for (RFC 7240), and which of it will be done.
struct Preferences {
  enum Return: String { case minimal, representation, headersOnly = "headers-only" }
  enum Count: String { case exact, planned, estimated }
  enum Resolution: String {
    case merge = "merge-duplicates"
    case ignore = "ignore-duplicates"
  }
  enum Handling: String { case strict, lenient }
  enum Ending: String { case commit, rollback }

  var returning: Return?
  var count: Count?
  var resolution: Resolution?
  var missingIsDefault: Bool?
  var handling: Handling?
  var ending: Ending?
  var timeZone: String?
  var maxAffected: Int?
  /// What is unknown here, as it was sent.
  private(set) var invalid: [String] = []

  init() {}

  /// - Parameter field: a value of `Prefer`; of what is said twice the first counts.
  mutating func add(_ field: String) {
    for item in field.split(separator: ",") {
      let token = item.trimmingSpaces
      guard !token.isEmpty else { continue }
      let parts = token.split(separator: "=", maxSplits: 1)
      let value = parts.count > 1 ? String(parts[1]) : ""
      if !take(parts[0].lowercased(), value) { invalid.append(String(token)) }
    }
  }

  private mutating func take(_ name: String, _ value: String) -> Bool {
    switch name {
    case "return": set(&returning, Return(rawValue: value))
    case "count": set(&count, Count(rawValue: value))
    case "resolution": set(&resolution, Resolution(rawValue: value))
    case "missing":
      set(&missingIsDefault, value == "default" ? true : value == "null" ? false : nil)
    case "handling": set(&handling, Handling(rawValue: value))
    case "tx": set(&ending, Ending(rawValue: value))
    case "timezone": set(&timeZone, value.isEmpty ? nil : value)
    case "max-affected": set(&maxAffected, Int(value).flatMap { $0 >= 0 ? $0 : nil })
    default: false
    }
  }

  private func set<Value>(_ place: inout Value?, _ value: Value?) -> Bool {
    guard let value else { return false }
    if place == nil { place = value }
    return true
  }

  mutating func reject(_ token: String) {
    invalid.append(token)
  }

  /// How many rows a write may touch: said strictly or not at all.
  var affectedLimit: Int? { handling == .strict ? maxAffected : nil }
}

extension Substring {
  var trimmingSpaces: Substring {
    var text = self[...]
    while text.first == " " || text.first == "\t" { text.removeFirst() }
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return text
  }
}
