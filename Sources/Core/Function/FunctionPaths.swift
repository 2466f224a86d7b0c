import HTTP

/// The paths that a function answers: its own under both of its names, and what its routes add.
struct FunctionPaths {
  struct Place {
    /// Whether it is the function's own path, and not one below.
    let isMain: Bool
    /// The methods that are answered with more than a list of them.
    let allowed: [HTTP.Method]
    private let routes: [Route]

    init(isMain: Bool, allowed: [HTTP.Method], routes: [Route]) {
      self.isMain = isMain
      self.allowed = allowed + routes.flatMap(\.methods).filter { !allowed.contains($0) }
      self.routes = routes
    }

    func route(for method: HTTP.Method) -> Route? {
      routes.isEmpty ? nil : routes.first { $0.methods.contains(method) }
    }
  }

  private let all: [(path: [UInt8], place: Place)]

  init(name: String, policy: Policy, routes: [Route]) {
    let own = ["/\(name)", "/functions/v1/\(name)"]
    let main = Place(
      isMain: true,
      allowed: policy.allowed,
      routes: routes.filter(\.subpath.isEmpty)
    )
    var all = own.map { (Array($0.utf8), main) }
    // The path of a request about the server itself: `OPTIONS *`.
    all.append(([UInt8(ascii: "*")], main))
    for subpath in Set(routes.map(\.subpath)) where !subpath.isEmpty {
      let place = Place(
        isMain: false,
        allowed: [],
        routes: routes.filter { $0.subpath == subpath }
      )
      all += own.map { (Array(($0 + subpath).utf8), place) }
    }
    self.all = all
  }

  /// - Throws: ``Failure`` with NOT_FOUND.
  func place(of request: Request) throws -> Place {
    for (path, place) in all where request.hasPath(path) { return place }
    throw Failure.notFound("there is nothing at this path")
  }
}

extension Route {
  /// Those that it answers: HEAD wherever GET is.
  fileprivate var methods: [HTTP.Method] {
    method == .get ? [.get, .head] : [HTTP.Method(rawValue: method.rawValue)].compactMap(\.self)
  }
}
