import JSON
import Telemetry

/// What `--describe` prints: the one source of the compose file and the settings table.
enum Description {
  static var json: JSON {
    [
      "name": "dispatcher",
      "kind": "process",
      "version": .string(Release.version),
      "summary": "Forwards requests by path, answers for health, and runs the services locally.",
      "methods": [],
      "paths": [],
      "caller": "visitor",
      "login": nil,
      "quota": nil,
      "rate_limit": "exempt",
      "timeout_seconds": number(.timeLimit),
      "body_limit_bytes": number(.bodyLimit),
      "settings": .array(Setting.all.map(describe)),
      "memory_mb": 64,
      "input": nil,
      "output": nil,
    ]
  }

  private static func describe(_ setting: Setting) -> JSON {
    [
      "name": .string(setting.name),
      "default": JSON(setting.preset),
      "required": false,
      "secret": .bool(setting.isSecret),
      "description": .string(setting.purpose),
    ]
  }

  private static func number(_ setting: Setting) -> JSON {
    setting.preset.map { .number($0) } ?? nil
  }
}
