import HTTP
import Loop

/// What answers a request: one endpoint of the API.
@Loop
protocol Endpoint {
  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response
}

/// Where an endpoint is, and how often an address may ask for it.
@Loop
struct Route {
  let method: HTTP.Method
  /// For the log.
  let name: String
  private let pattern: [Substring]
  let limit: AddressLimit?
  let endpoint: any Endpoint.Type

  /// - Parameter pattern: segments; `*` stands for any one.
  init(
    _ method: HTTP.Method,
    _ pattern: String,
    _ endpoint: any Endpoint.Type,
    limit: AddressLimit? = nil
  ) {
    self.method = method
    name = "\(method.rawValue) /\(pattern)"
    self.pattern = pattern.split(separator: "/")
    self.limit = limit
    self.endpoint = endpoint
  }

  /// What stands in the places of `*`; nil when the path is another.
  func parameters(of path: [Substring]) -> [String]? {
    guard path.count == pattern.count else { return nil }
    var parameters: [String] = []
    for (segment, wanted) in zip(path, pattern) {
      if wanted == "*" {
        parameters.append(String(segment))
      } else if segment != wanted {
        return nil
      }
    }
    return parameters
  }
}
