import HTTP
import Loop
import TestSupport
import Testing

@Suite("A request in its handler's hands")
struct RequestTests {
  @Test("has its parts as they were sent, and of fields of one name the first")
  func hasParts() async throws {
    let parts = Findings<String>()
    let server = try await HandlerServer { request in
      parts.add("\(request.method) \(request.path) \(request.query ?? "-")")
      parts.add("\(request.header("x-a") ?? "-") \(request.header("x-b") ?? "-")")
      parts.add("\(request.count(of: "x-a")) \(request.count(of: "x-b"))")
      parts.add("\(request.hasPath(Array("/a%20b".utf8))) \(request.hasPath(Array("/a".utf8)))")
      parts.add(request.peer?.host ?? "-")
      return Response()
    }
    let client = try server.client(
      "PATCH /a%20b?c=%64 HTTP/1.1",
      "X-A: 1",
      "x-a: 2",
      "X-AB: 3",
      "Connection: close"
    )
    #expect(client.readAll().contains("200 OK"))
    #expect(
      await parts.first(5) == ["patch /a%20b c=%64", "1 -", "2 0", "true false", "127.0.0.1"]
    )
  }
}
