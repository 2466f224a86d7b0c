/// A statement that is asked again and again with other values in some of its places. What is made
/// of it is found among a connection's prepared statements without a look at its text.
package final class StatementTemplate: Sendable {
  /// Its own values, and nothing where others will stand.
  private let sql: SQL
  private let places: [Int]
  private let size: Int

  /// - Parameters:
  ///   - sql: the statement as it was made the first time.
  ///   - places: the values of `sql` that change, counted from 0, in their order.
  ///   - values: what they are in `sql`; nil is returned when they are not.
  package init?(_ sql: SQL, places: [Int], holding values: [[UInt8]]) {
    guard places.count == values.count,
      zip(places, values).allSatisfy({ sql.parameters.value(at: $0)?.elementsEqual($1) == true })
    else { return nil }
    self.places = places
    let none = [[UInt8]](repeating: [], count: places.count)
    self.sql = SQL(sql, sql.parameters.replacing(places, with: none, size: 0), of: nil)
    size = self.sql.parameters.bytes.count
  }

  /// - Parameter values: for the places, each of the type that stood there at first.
  package func statement(with values: [[UInt8]]) -> SQL {
    precondition(values.count == places.count, "a place without its value")
    let size = values.reduce(size) { $0 + $1.count }
    return SQL(sql, sql.parameters.replacing(places, with: values, size: size), of: self)
  }
}

extension Parameters {
  /// Nil where there is none, or null.
  fileprivate func value(at place: Int) -> ArraySlice<UInt8>? {
    guard slots.indices.contains(place), slots[place].length >= 0 else { return nil }
    return bytes[slots[place].offset..<(slots[place].offset + slots[place].length)]
  }

  /// These parameters with other values in some places.
  fileprivate func replacing(_ places: [Int], with values: [[UInt8]], size: Int) -> Parameters {
    var replaced = self
    replaced.dropValues()
    replaced.reserve(bytes: size)
    var next = 0
    for index in slots.indices {
      if next < places.count, places[next] == index {
        if values[next].contains(0) { replaced.holdsNUL = true }
        replaced.set(index, values[next])
        next += 1
      } else {
        replaced.set(index, slots[index], of: self)
      }
    }
    return replaced
  }
}
