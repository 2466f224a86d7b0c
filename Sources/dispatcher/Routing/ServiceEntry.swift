/// One line of `services.conf`: a process and the paths that lead to it.
struct ServiceEntry: Equatable, Sendable {
  /// A variable of the process, and the one of the dispatcher that fills it.
  struct Variable: Equatable, Sendable {
    var name: String
    var source: String
  }

  var name: String
  /// Path of the executable; nil for a service that somebody else runs.
  var binary: String?
  var mounts: [String]
  var variables: [Variable] = []
}

/// A line of `services.conf`, or an item of `UPSTREAMS`, that cannot be read.
struct ServiceListError: Error, Equatable, CustomStringConvertible {
  let place: String
  let reason: String

  var description: String { "\(place): \(reason)" }
}

enum ServiceList {
  /// Reads `services.conf`: `<name> <binary> <comma list of path prefixes> [<comma list of
  /// variables, NAME or NAME=SOURCE>]`, `-` for an empty list, `#` before a comment.
  static func parse(_ text: String) throws(ServiceListError) -> [ServiceEntry] {
    var entries: [ServiceEntry] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let content = line.prefix { $0 != "#" }
      let fields = content.split { $0 == " " || $0 == "\t" || $0 == "\r" }
      guard !fields.isEmpty else { continue }
      let entry = try entry(of: fields.map(String.init), at: "line \(index + 1)")
      guard !entries.contains(where: { $0.name == entry.name }) else {
        throw ServiceListError(place: "line \(index + 1)", reason: "\(entry.name) is listed twice")
      }
      entries.append(entry)
    }
    try checkMounts(of: entries)
    return entries
  }

  /// Reads `UPSTREAMS`, a comma list of `name=address`.
  ///
  /// - Returns: each service with its address as written, a host name perhaps.
  static func parseUpstreams(
    _ text: String
  ) throws(ServiceListError) -> [(entry: ServiceEntry, address: String)] {
    var services: [(entry: ServiceEntry, address: String)] = []
    for item in text.split(separator: ",") {
      let item = item.trimmed
      guard !item.isEmpty else { continue }
      guard let equals = item.firstIndex(of: "=") else {
        throw ServiceListError(place: item, reason: "is not name=address")
      }
      let name = String(item[..<equals])
      let address = String(item[item.index(after: equals)...])
      guard isName(name), !address.isEmpty else {
        throw ServiceListError(place: item, reason: "is not name=address")
      }
      guard !services.contains(where: { $0.entry.name == name }) else {
        throw ServiceListError(place: item, reason: "\(name) is listed twice")
      }
      services.append((ServiceEntry(name: name, mounts: defaultMounts(of: name)), address))
    }
    return services
  }

  /// Where a service answers that has no line of its own to say so.
  static func defaultMounts(of name: String) -> [String] {
    switch name {
    case "auth": ["/auth/v1"]
    case "rest": ["/rest/v1", "/rest"]
    case "realtime": ["/realtime/v1"]
    default: ["/functions/v1/\(name)", "/\(name)"]
    }
  }

  private static func entry(
    of fields: [String],
    at place: String
  ) throws(ServiceListError) -> ServiceEntry {
    guard (3...4).contains(fields.count) else {
      throw ServiceListError(place: place, reason: "expected name, binary, paths, variables")
    }
    guard isName(fields[0]) else {
      throw ServiceListError(place: place, reason: "\(fields[0]) is no service name")
    }
    let mounts = list(fields[2])
    for mount in mounts where !isMount(mount) {
      throw ServiceListError(place: place, reason: "\(mount) is no path prefix")
    }
    let variables = fields.count < 4 ? [] : list(fields[3])
    return ServiceEntry(
      name: fields[0],
      binary: fields[1],
      mounts: mounts,
      variables: variables.map { variable in
        let parts = variable.split(separator: "=", maxSplits: 1).map(String.init)
        return ServiceEntry.Variable(name: parts.first ?? variable, source: parts.last ?? variable)
      }
    )
  }

  private static func checkMounts(of entries: [ServiceEntry]) throws(ServiceListError) {
    var owners: [String: String] = [:]
    for entry in entries {
      for mount in entry.mounts {
        if let owner = owners.updateValue(entry.name, forKey: mount) {
          throw ServiceListError(place: mount, reason: "belongs to \(owner) and \(entry.name)")
        }
      }
    }
  }

  private static func list(_ field: String) -> [String] {
    field == "-" ? [] : field.split(separator: ",").map(String.init)
  }

  /// Names become paths, socket files and labels of metrics.
  private static func isName(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 64
      && name.utf8.allSatisfy {
        (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
      }
  }

  private static func isMount(_ mount: String) -> Bool {
    mount.hasPrefix("/") && mount.count > 1 && !mount.hasSuffix("/")
      && mount.count { $0 == "/" } <= RouteTable.deepest
      && mount.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
  }
}

extension Substring {
  /// Without the blanks around it.
  var trimmed: String {
    let start = drop { $0 == " " || $0 == "\t" }
    guard let last = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
    return String(start[...last])
  }
}
