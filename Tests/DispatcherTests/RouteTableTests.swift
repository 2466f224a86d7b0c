import Testing

@testable import dispatcher

@Suite("The route table")
struct RouteTableTests {
  private static let table = RouteTable([
    (path: "/functions/v1/hello", service: 0), (path: "/hello", service: 0),
    (path: "/functions/v1/hello-world", service: 1), (path: "/hello-world", service: 1),
    (path: "/rest/v1", service: 2), (path: "/rest", service: 2),
    (path: "/auth/v1", service: 3), (path: "/realtime/v1", service: 4),
    (path: "/functions/v1/robots", service: 5), (path: "/robots", service: 5),
    (path: "/functions/v1/sitemap", service: 6), (path: "/sitemap", service: 6),
  ])

  private static func route(_ path: String) -> Route? {
    Array(path.utf8).withUnsafeBytes { table.route($0) }
  }

  @Test(
    "leads a path to its service, and so everything below it",
    arguments: [
      ("/functions/v1/hello", 0), ("/hello", 0), ("/hello/", 0), ("/hello/a/b", 0),
      ("/functions/v1/hello/webhook", 0), ("/hello-world", 1),
      ("/functions/v1/hello-world/x", 1), ("/rest/v1/users", 2), ("/rest/users", 2),
      ("/rest/v1", 2), ("/rest", 2), ("/auth/v1/token", 3), ("/realtime/v1/websocket", 4),
      ("/robots.txt", 5), ("/sitemap.xml", 6), ("/robots", 5),
    ]
  )
  func leads(path: String, service: Int) {
    #expect(Self.route(path) == .service(service))
  }

  @Test(
    "leads nowhere when not a byte of the path may differ",
    arguments: [
      "", "/", "//hello", "/hell", "/helloo", "/hello-", "/Hello", "/HELLO", "/hello%2Fx",
      "/functions", "/functions/", "/functions/v1", "/functions/v1/", "/functions/v1//hello",
      "/functions/v2/hello", "/functions/v1/hell", "/functions/v1/hello2", "/auth", "/auth/v2",
      "/realtime", "/robots.txt2", "/robots.tx", "/robots.txt.bak", "/%68ello", "hello",
      "/hello;x", "/metrics", "/openapi.json/", "/health/", "/health/live/", "/health/x",
      "/healthz", "*",
    ]
  )
  func leadsNowhere(path: String) {
    #expect(Self.route(path) == nil)
  }

  @Test("keeps the dispatcher's own paths for itself")
  func keepsOwnPaths() {
    let table = RouteTable([(path: "/health", service: 0), (path: "/openapi.json", service: 0)])
    for (path, route) in [
      ("/health", Route.health), ("/health/live", .live), ("/openapi.json", .openAPI),
    ] {
      #expect(Array(path.utf8).withUnsafeBytes { table.route($0) } == route)
    }
  }

  @Test("has no aliases for services that are not there")
  func hasNoEmptyAliases() {
    let table = RouteTable([(path: "/hello", service: 0)])
    #expect(Array("/robots.txt".utf8).withUnsafeBytes { table.route($0) } == nil)
  }

  @Test("finds each of hundreds of mounts and none of their neighbours")
  func findsMany() {
    let mounts = (0..<400).map { (path: "/functions/v1/f\($0)", service: $0) }
    let table = RouteTable(mounts)
    for mount in mounts {
      #expect(Array(mount.path.utf8).withUnsafeBytes { table.route($0) } == .service(mount.service))
      #expect(Array("\(mount.path)x".utf8).withUnsafeBytes { table.route($0) } == nil)
    }
  }

  @Test("takes the longest of the mounts that match")
  func takesLongest() {
    let table = RouteTable([
      (path: "/a", service: 0), (path: "/a/b", service: 1), (path: "/a/b/c/d", service: 2),
    ])
    for (path, service) in [
      ("/a", 0), ("/a/x", 0), ("/a/b", 1), ("/a/b/c", 1), ("/a/b/c/d", 2), ("/a/b/c/d/e", 2),
    ] {
      #expect(Array(path.utf8).withUnsafeBytes { table.route($0) } == .service(service))
    }
  }
}
