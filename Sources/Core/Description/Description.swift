import HTTP
import JSON
import Loop
import Telemetry

/// What `--describe` prints: the one source for openapi.json, for docker-compose.yml and for the
/// README's tables.
enum Description {
  static func profile<Function: EdgeFunction>(of function: Function.Type) -> ProcessProfile {
    guard case .object(let members) = json(of: function) else { preconditionFailure() }
    return ProcessProfile(name: Function.name, summary: Function.summary, members: members) {
      Interface(Function.routes.map { $0.operation(below: "/functions/v1/\(Function.name)") })
    }
  }

  static func json<Function: EdgeFunction>(of function: Function.Type) -> JSON {
    let policy = Function.policy
    let isService = Function.Who.kind == .serviceRole || Function.Input.self is any Owned.Type
    return [
      "name": .string(Function.name), "kind": "function",
      "version": .string(Release.version), "summary": .string(Function.summary),
      "methods": .array(policy.methods.map { .string($0.rawValue) }),
      "paths": [.string("/functions/v1/\(Function.name)"), .string("/\(Function.name)")],
      "caller": .string(Function.Who.kind.rawValue),
      "login": isService ? "edge_service" : "edge",
      "quota": JSON(policy.quota?.rawValue), "rate_limit": rateLimit(policy.rateLimit),
      "timeout_seconds": JSON(Int(policy.timeLimit.components.seconds)),
      "body_limit_bytes": policy.bodyLimit.map { JSON($0) } ?? .null,
      "memory_mb": 64,
      "settings": .array((Setting.function + Function.settings).map(\.json)),
      "input": InputReader.schema(of: Function.Input.self).json,
      "output": output(Function.Output.self),
    ]
  }

  /// The answer: `success` and the output's own fields, every one of them there.
  private static func output<Output: Decodable>(_ type: Output.Type) -> JSON {
    let schema = InputReader.schema(of: type)
    schema.property("success", isRequired: true).set("const", true)
    schema.requireAll()
    return schema.json
  }

  private static func rateLimit(_ limit: RateLimit) -> JSON {
    switch limit {
    case .standard: "standard"
    case .exempt: "exempt"
    case .own(let requests, let window):
      ["requests": JSON(requests), "window_seconds": JSON(Int(window.components.seconds))]
    }
  }
}
