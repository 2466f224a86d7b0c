/// The forms that an answer can have.
enum MediaType: Equatable, Sendable {
  case array(isStripped: Bool)
  /// One row, and not in an array.
  case object(isStripped: Bool)
  case csv

  /// `content-type` of the answer.
  var name: String {
    switch self {
    case .array(isStripped: false): "application/json; charset=utf-8"
    case .array(isStripped: true):
      "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8"
    case .object(isStripped: false): "application/vnd.pgrst.object+json; charset=utf-8"
    case .object(isStripped: true):
      "application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8"
    case .csv: "text/csv; charset=utf-8"
    }
  }

  var isSingle: Bool {
    if case .object = self { true } else { false }
  }

  /// The first of those that are accepted, the ones with a higher `q` before the others (RFC 9110
  /// §12.5.1).
  ///
  /// - Parameter isDescription: OpenAPI is as good as any other JSON.
  /// - Throws: ``Refusal`` when there is none, such as for plans.
  static func accepted(
    _ field: String?,
    isDescription: Bool = false
  ) throws(Refusal) -> MediaType {
    guard let field, !field.isEmpty else { return .array(isStripped: false) }
    let ranges = field.split(separator: ",").enumerated().map { index, text in
      Range(text, place: index)
    }
    let ordered = ranges.sorted { ($1.quality, $0.place) < ($0.quality, $1.place) }
    for range in ordered where range.quality > 0 {
      if let type = range.type { return type }
      if isDescription, range.isOpenAPI { return .array(isStripped: false) }
    }
    throw .media(ordered.map(\.text))
  }

  /// One of the ranges in `Accept`.
  private struct Range {
    let text: String
    let type: MediaType?
    let isOpenAPI: Bool
    let quality: Double
    let place: Int

    init(_ text: Substring, place: Int) {
      self.place = place
      self.text = String(text.trimmingSpaces)
      let parts = text.split(separator: ";").map { $0.trimmingSpaces.lowercased() }
      let quality = parts.dropFirst().first { $0.hasPrefix("q=") }
      self.quality = quality.flatMap { Double($0.dropFirst(2)) } ?? 1
      let isStripped = parts.dropFirst().contains("nulls=stripped")
      isOpenAPI = parts.first == "application/openapi+json"
      type =
        switch parts.first {
        case "application/json", "application/*", "*/*", "application/vnd.pgrst.array+json",
          "application/vnd.pgrst.array":
          .array(isStripped: isStripped)
        case "application/vnd.pgrst.object+json", "application/vnd.pgrst.object":
          .object(isStripped: isStripped)
        case "text/csv", "text/*": .csv
        default: nil
        }
    }
  }
}
