extension Sequence {
  /// The results of `transform`, one element after the other.
  package func mapInOrder<Value>(
    _ transform: (Element) async throws -> Value
  ) async rethrows -> [Value] {
    var values: [Value] = []
    for element in self { values.append(try await transform(element)) }
    return values
  }
}
