/// Which rows are wanted: from an offset, at most so many.
struct RowRange: Equatable {
  var offset = 0
  var limit: Int?

  /// - Parameter field: the value of `Range`: `0-9` or `10-`; anything else is as if it weren't there.
  init(header field: String?) throws(Refusal) {
    guard let field else { return }
    let text = field.hasPrefix("items=") ? field.dropFirst(6) : field[...]
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let first = Int(parts[0]), first >= 0 else { return }
    guard !parts[1].isEmpty else {
      offset = first
      return
    }
    guard let last = Int(parts[1]), last >= 0 else { return }
    guard first <= last else {
      throw .range(
        "The lower boundary must be lower than or equal to the upper boundary in the Range header."
      )
    }
    offset = first
    limit = last - first + 1
  }

  init(offset: Int = 0, limit: Int? = nil) {
    self.offset = offset
    self.limit = limit
  }

  /// The rows that both want.
  func intersected(with other: RowRange) -> RowRange {
    let start = max(offset, other.offset)
    let ends = [end, other.end].compactMap(\.self)
    return RowRange(offset: start, limit: ends.min().map { max(0, $0 - start) })
  }

  private var end: Int? {
    limit.map { offset.addingReportingOverflow($0) }.map { $0.overflow ? Int.max : $0.partialValue }
  }
}
