import Testing

@testable import dispatcher

@Suite("The list of services")
struct ServiceListTests {
  @Test("reads a line's name, binary, paths and variables")
  func readsLines() throws {
    let entries = try ServiceList.parse(
      """
      # the functions

      hello .build/hello /functions/v1/hello,/hello DATABASE_URL=DATABASE_URL_EDGE,LOG_LEVEL
      auth\t/opt/auth /auth/v1   # no variables
      job-processor bin/job-processor - -
      """
    )
    #expect(
      entries == [
        ServiceEntry(
          name: "hello",
          binary: ".build/hello",
          mounts: ["/functions/v1/hello", "/hello"],
          variables: [
            .init(name: "DATABASE_URL", source: "DATABASE_URL_EDGE"),
            .init(name: "LOG_LEVEL", source: "LOG_LEVEL"),
          ]
        ),
        ServiceEntry(name: "auth", binary: "/opt/auth", mounts: ["/auth/v1"]),
        ServiceEntry(name: "job-processor", binary: "bin/job-processor", mounts: []),
      ]
    )
  }

  @Test(
    "is refused when a line is not understood",
    arguments: [
      "hello", "hello /bin/hello", "hello /bin/hello /a X more", "Hello /bin/hello /a",
      "../x /bin/hello /a", "hello /bin/hello a", "hello /bin/hello /", "hello /bin/hello /a/",
      "hello /bin/hello /a\nhello /bin/hello /b", "hello /bin/hello /a\nother /bin/other /a",
      "hello /bin/hello /1/2/3/4/5/6/7/8/9",
    ]
  )
  func refuses(text: String) {
    #expect(throws: ServiceListError.self) { try ServiceList.parse(text) }
  }

  @Test("reads upstreams, whose mounts follow from their names")
  func readsUpstreams() throws {
    let upstreams = try ServiceList.parseUpstreams(
      "hello=hello:8080, auth=127.0.0.1:1,rest=unix:/r,realtime=[::1]:4,"
    )
    #expect(upstreams.map(\.address) == ["hello:8080", "127.0.0.1:1", "unix:/r", "[::1]:4"])
    #expect(
      upstreams.map(\.entry.mounts) == [
        ["/functions/v1/hello", "/hello"], ["/auth/v1"], ["/rest/v1", "/rest"], ["/realtime/v1"],
      ]
    )
  }

  @Test(
    "is refused when an upstream is not understood",
    arguments: ["hello", "hello=", "=x:1", "A=x:1", "a=x:1,a=y:1"]
  )
  func refusesUpstreams(text: String) {
    #expect(throws: ServiceListError.self) { try ServiceList.parseUpstreams(text) }
  }
}
