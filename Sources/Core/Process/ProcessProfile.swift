package import JSON
import Telemetry

/// What a process is, for whoever starts, forwards to and describes it.
package struct ProcessProfile: Sendable {
  /// Of its folder, its binary and its service.
  package let name: String
  package let summary: String
  private let base: [JSON.Member]
  /// Made when it is asked for: a process that serves has no use for it.
  private let interface: @Sendable () -> Interface

  /// `--describe` prints these.
  package var members: [JSON.Member] { base + interface().members }

  /// An edge function's.
  init(
    name: String,
    summary: String,
    members: [JSON.Member],
    interface: @escaping @Sendable () -> Interface = { Interface() }
  ) {
    self.name = name
    self.summary = summary
    base = members
    self.interface = interface
  }

  /// - Parameters:
  ///   - paths: where the dispatcher forwards to it, each with all that is below.
  ///   - login: its login to PostgreSQL; nil when it needs none.
  ///   - settings: what it reads besides ``Setting/process``.
  ///   - memory: the limit of its container in MB.
  ///   - isLocal: it is run beside the others on a developer's machine, and in no container.
  ///   - interface: what it answers, for openapi.json.
  package init(
    _ name: String,
    _ summary: String,
    paths: [String],
    login: String?,
    settings: [Setting],
    memory: Int = 64,
    isLocal: Bool = false,
    interface: @escaping @autoclosure @Sendable () -> Interface = Interface()
  ) {
    let database = login == nil ? [] : Setting.database
    let all = Setting.process + database + settings
    self.init(
      name: name,
      summary: summary,
      members: [
        JSON.Member("name", .string(name)), JSON.Member("kind", "service"),
        JSON.Member("version", .string(Release.version)), JSON.Member("summary", .string(summary)),
        JSON.Member("paths", .array(paths.map { .string($0) })),
        JSON.Member("login", JSON(login)), JSON.Member("memory_mb", JSON(memory)),
        JSON.Member("local", .bool(isLocal)),
        JSON.Member("settings", .array(all.map(\.json))),
      ],
      interface: interface
    )
  }
}

extension Setting {
  /// As `--describe` lists it.
  package var json: JSON {
    [
      "name": .string(name), "default": JSON(fallback), "required": .bool(isRequired),
      "secret": .bool(isSecret), "description": .string(purpose),
    ]
  }
}
