/// `preference-applied` (RFC 7240 §3): what of `Prefer` was done.
struct Applied {
  private var tokens: [String] = []

  /// - Parameter preferences: of which only what means something to the request is still there.
  init(_ preferences: Preferences) {
    if let resolution = preferences.resolution {
      tokens.append("resolution=\(resolution.rawValue)")
    }
    if let isDefault = preferences.missingIsDefault {
      tokens.append(isDefault ? "missing=default" : "missing=null")
    }
    if let returning = preferences.returning { tokens.append("return=\(returning.rawValue)") }
    if let count = preferences.count { tokens.append("count=\(count.rawValue)") }
    if let ending = preferences.ending { tokens.append("tx=\(ending.rawValue)") }
    if let handling = preferences.handling { tokens.append("handling=\(handling.rawValue)") }
    if let timeZone = preferences.timeZone { tokens.append("timezone=\(timeZone)") }
    if let limit = preferences.maxAffected { tokens.append("max-affected=\(limit)") }
  }

  /// Nil when nothing was applied.
  var text: String? { tokens.isEmpty ? nil : tokens.joined(separator: ", ") }
}
