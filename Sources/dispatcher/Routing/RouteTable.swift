/// What a request's path leads to.
enum Route: Equatable, Sendable {
  /// Position of the service in the table's list.
  case service(Int)
  case health
  case live
  case openAPI
}

/// Finds the service of a path by its bytes, without decoding or normalising any: the service sees
/// exactly what was matched here.
///
/// A mount matches the path that is it, and every path that goes on with `/`; the longest wins.
/// The table is a hash of all mounts, asked once for each segment that a mount may have, so its
/// cost does not grow with their number.
struct RouteTable: Sendable {
  private struct Slot {
    var hash: UInt32
    /// Where the mount's bytes are in `text`; an empty slot has no length.
    var offset: Int32
    var length: Int32
    var route: Route
  }

  /// The most segments that a mount may have.
  static let deepest = 8

  private var text: [UInt8] = []
  private var slots: [Slot]
  private let mask: UInt32
  private var depth = 1

  /// - Parameter mounts: each with the position of its service. `/robots.txt` and `/sitemap.xml`
  ///   are the other names of the services that `/robots` and `/sitemap` lead to.
  init(_ mounts: [(path: String, service: Int)]) {
    var routes: [(path: String, route: Route)] = mounts.map { ($0.path, .service($0.service)) }
    for (alias, path) in [("/robots.txt", "/robots"), ("/sitemap.xml", "/sitemap")] {
      guard !mounts.contains(where: { $0.path == alias }),
        let mount = mounts.first(where: { $0.path == path })
      else { continue }
      routes.append((alias, .service(mount.service)))
    }
    routes += [("/health", .health), ("/health/live", .live), ("/openapi.json", .openAPI)]
    var size = 16
    while size < routes.count * 2 { size *= 2 }
    let empty = Slot(hash: 0, offset: 0, length: 0, route: .health)
    slots = Array(repeating: empty, count: size)
    mask = UInt32(size - 1)
    for (path, route) in routes { insert(Array(path.utf8), route) }
  }

  /// - Parameter path: the request's path up to its `?`.
  /// - Returns: nil when no mount matches.
  func route(_ path: UnsafeRawBufferPointer) -> Route? {
    // The hash at the end of each of the first segments, where a mount could end.
    var ends: InlineArray<8, (hash: UInt32, length: Int)> = .init(repeating: (0, 0))
    var count = 0
    var hash = Self.seed
    var index = 0
    while index < path.count {
      if path[index] == UInt8(ascii: "/"), index > 0 {
        ends[count] = (hash, index)
        count += 1
        if count == depth { break }
      }
      hash = Self.mix(hash, path[index])
      index += 1
    }
    if count < depth {
      ends[count] = (hash, path.count)
      count += 1
    }
    while count > 0 {
      count -= 1
      if let route = find(ends[count].hash, path, ends[count].length) { return route }
    }
    return nil
  }

  private func find(_ hash: UInt32, _ path: UnsafeRawBufferPointer, _ length: Int) -> Route? {
    var index = hash & mask
    while true {
      let slot = slots[Int(index)]
      guard slot.length > 0 else { return nil }
      if slot.hash == hash, isSame(slot, path.prefix(length)) {
        // The dispatcher's own paths have nothing below them.
        if case .service = slot.route { return slot.route }
        return length == path.count ? slot.route : nil
      }
      index = (index + 1) & mask
    }
  }

  private func isSame(_ slot: Slot, _ path: Slice<UnsafeRawBufferPointer>) -> Bool {
    guard path.count == Int(slot.length) else { return false }
    return text.withUnsafeBytes { text in
      UnsafeRawBufferPointer(rebasing: text[Int(slot.offset)...].prefix(path.count))
        .elementsEqual(path)
    }
  }

  private mutating func insert(_ mount: [UInt8], _ route: Route) {
    let hash = mount.reduce(Self.seed, Self.mix)
    depth = min(Self.deepest, max(depth, mount.count { $0 == UInt8(ascii: "/") }))
    var index = hash & mask
    while slots[Int(index)].length > 0 {
      // The dispatcher's own paths come last and win.
      if mount.withUnsafeBytes({ isSame(slots[Int(index)], $0[...]) }) { break }
      index = (index + 1) & mask
    }
    slots[Int(index)] = Slot(
      hash: hash,
      offset: Int32(text.count),
      length: Int32(mount.count),
      route: route
    )
    text += mount
  }

  // FNV-1a.
  private static let seed: UInt32 = 2_166_136_261

  @inline(__always)
  private static func mix(_ hash: UInt32, _ byte: UInt8) -> UInt32 {
    (hash ^ UInt32(byte)) &* 16_777_619
  }
}
