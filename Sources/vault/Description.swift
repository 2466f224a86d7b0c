import Core
import JSON
import Telemetry

/// What `--describe` prints: the one source of the compose file and the settings table.
enum Description {
  static let settings = [Setting.databaseURL] + Setting.vault

  static var json: JSON {
    [
      "name": "vault",
      "kind": "command",
      "version": .string(Release.version),
      "summary": "Puts secrets into the vault, lists them, and brings them under other keys.",
      "paths": [],
      "login": nil,
      "memory_mb": 64,
      "local": false,
      "settings": .array(settings.map(\.json)),
    ]
  }
}
