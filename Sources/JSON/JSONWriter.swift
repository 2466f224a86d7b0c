/// The text of a value while an `Encodable` tells it: which containers are open, and what may be
/// written next.
final class JSONWriter {
  enum Kind { case object, array }

  /// A container as its user holds it; worth nothing once it is closed.
  struct Container {
    let writer: JSONWriter
    fileprivate let index: Int
    fileprivate let serial: Int
  }

  private struct Open {
    let kind: Kind
    let serial: Int
    var count: Int
  }

  var bytes: [UInt8] = []
  private var open: [Open] = []
  private var serial = 0
  /// Whether a name, an element's place or the whole text waits for its value.
  private var awaitsValue = true
  /// What went wrong where nothing can be thrown.
  private var failure: EncodingError?

  /// Takes over `bytes`, to append to them; its owner takes them back.
  init(consuming bytes: inout [UInt8]) {
    swap(&self.bytes, &bytes)
    open.reserveCapacity(8)
  }

  /// Begins the whole value.
  func beginObject(with members: StaticString) {
    begin(.object)
    bytes.append(literal: members)
    open[0].count = 1
  }

  /// Closes what is open.
  func end() throws {
    try close(to: 0)
    if let failure { throw failure }
  }

  // MARK: - Containers

  /// The container of the place that stands in `level` others: opened now, or before.
  func open(_ kind: Kind, _ level: Int) -> Container {
    if open.count == level, awaitsValue {
      begin(kind)
    } else if open.count <= level || open[level].kind != kind {
      failure = failure ?? Self.disorder
      return Container(writer: self, index: level, serial: -1)
    }
    return Container(writer: self, index: level, serial: open[level].serial)
  }

  /// Closes the containers that stand in more than `level` others.
  func close(to level: Int) throws {
    if awaitsValue {
      awaitsValue = false
      bytes.append(literal: "null")
    }
    while open.count > level {
      bytes.append(open.removeLast().kind == .object ? UInt8(ascii: "}") : UInt8(ascii: "]"))
    }
  }

  func count(of container: Container) -> Int {
    open.indices.contains(container.index) ? open[container.index].count : 0
  }

  private func begin(_ kind: Kind) {
    serial += 1
    open.append(Open(kind: kind, serial: serial, count: 0))
    bytes.append(kind == .object ? UInt8(ascii: "{") : UInt8(ascii: "["))
    awaitsValue = false
  }

  // MARK: - Values

  /// Before a value that is no container is appended to ``bytes``.
  func beginScalar(_ level: Int) throws {
    guard awaitsValue, open.count == level else { throw Self.disorder }
    awaitsValue = false
  }

  /// The place of the next element, or of the member `name`.
  func place(in container: Container, named name: String? = nil) throws -> JSONPlace {
    let level = container.index + 1
    guard open.count >= level, open[container.index].serial == container.serial else {
      throw Self.disorder
    }
    if open.count > level || awaitsValue { try close(to: level) }
    if open[container.index].count > 0 { bytes.append(UInt8(ascii: ",")) }
    open[container.index].count += 1
    if let name {
      bytes.append(jsonName: name)
      bytes.append(UInt8(ascii: ":"))
    }
    awaitsValue = true
    return JSONPlace(writer: self, level: level)
  }

  /// The same where nothing can be thrown: it is when the text ends.
  func placeForLater(in container: Container, named name: String? = nil) -> JSONPlace {
    do {
      return try place(in: container, named: name)
    } catch {
      failure = failure ?? Self.disorder
      return JSONPlace(writer: self, level: .max)
    }
  }

  private static let disorder = EncodingError.invalidValue(
    (),
    EncodingError.Context(
      codingPath: [],
      debugDescription: "a container was filled out of order, or a value that is no object"
        + " stands where one belongs"
    )
  )
}
