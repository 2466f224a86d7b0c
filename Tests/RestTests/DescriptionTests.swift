import JSON
import TestSupport
import Testing

@testable import rest

@Suite("The description at the root")
struct DescriptionTests {
  private let ada = "00000000-0000-4000-8000-00000000000a"

  @Test("has the columns, keys and types of tables, and what a function takes")
  func describes() async throws {
    let settings = ["API_EXTERNAL_URL": "https://api.example.com:8443/base/"]
    try await RestServer.with(settings: settings) { rest in
      let answer = try await rest.get("/")
      #expect(answer.status == 200)
      #expect(answer.headers["content-type"] == "application/openapi+json; charset=utf-8")
      let root = answer.json
      #expect(root["swagger"] == "2.0")
      #expect(root["host"] == "api.example.com:8443")
      #expect(root["basePath"] == "/base/rest/v1")
      #expect(root["schemes"] == ["https"])
      let clients = try #require(root["definitions"]?["clients"])
      #expect(clients["required"] == ["id", "name"])
      let columns = try #require(clients["properties"])
      #expect(columns["id"]?["description"] == "Note:\nThis is a Primary Key.<pk/>")
      #expect(columns["code"]?["maxLength"] == 5)
      #expect(columns["mood"]?["enum"] == ["glad", "calm", "sad"])
      #expect(
        columns["tags"] == ["type": "array", "items": ["type": "string"], "format": "text[]"]
      )
      #expect(columns["data"] == ["format": "jsonb"])
      #expect(columns["score"]?["type"] == "number")
      let orders = root["definitions"]?["orders"]?["properties"]
      #expect(
        orders?["client_id"]?["description"]
          == "Note:\nThis is a Foreign Key to `clients.id`.<fk table='clients' column='id'/>"
      )
      #expect(orders?["total"]?["default"] == 0)
      #expect(root["definitions"]?["defaults"]?["properties"]?["a"]?["default"] == "A")
      let table = try #require(root["paths"]?["/orders"])
      #expect(
        table["get"]?["responses"]?["200"]?["schema"]?["items"] == reference("definitions/orders")
      )
      #expect(table["post"]?["parameters"]?.contains(reference("parameters/body.orders")) == true)
      #expect(root["parameters"]?["rowFilter.orders.id"]?["in"] == "query")
      let add = try #require(root["paths"]?["/rpc/add"])
      #expect(add["get"] != nil)
      let body = try #require(add["post"]?["parameters"]?.first?["schema"])
      #expect(body["required"] == ["a", "b"])
      #expect(body["properties"]?["a"] == ["type": "integer", "format": "integer"])
      #expect(root["paths"]?["/rpc/add_client"]?["get"] == nil)
      #expect(
        root["paths"]?["/rpc/greet"]?["post"]?["parameters"]?.first?["schema"]?["required"] == nil
      )
      let head = try await rest.send("HEAD", "/")
      #expect(head.status == 200)
      #expect(head.body.isEmpty)
    }
  }

  @Test("shows each role what it may use, also a moment after another asked")
  func privileges() async throws {
    try await RestServer.with { rest in
      for _ in 0..<2 {
        let anon = try await rest.get("/", as: .anon).json
        #expect(anon["paths"]?["/clients"] != nil)
        #expect(anon["paths"]?["/notes"] == nil)
        #expect(anon["definitions"]?["notes"] == nil)
        #expect(anon["parameters"]?["rowFilter.notes.id"] == nil)
        #expect(anon["paths"]?["/locked"] == nil)
        #expect(anon["paths"]?["/secrets"] == nil)
        let user = try await rest.get("/", as: .user(ada)).json
        #expect(user["paths"]?["/notes"]?["get"] != nil)
        #expect(user["paths"]?["/locked"] == nil)
        let service = try await rest.get("/", as: .service).json
        #expect(service["paths"]?["/locked"]?["delete"] != nil)
        #expect(try await rest.get("/", as: .nobody).json == anon)
      }
      try await rest.check([
        Case("POST", "/", "{}", 405, code: "PGRST117"), Case("DELETE", "/", 405, code: "PGRST117"),
        Case("/", 406, "PGRST106", ["Accept-Profile": "hidden"]),
        Case("/", 406, "PGRST107", ["Accept": "image/png"]),
        Case("/clients", 406, "PGRST107", ["Accept": "application/openapi+json"]),
      ])
      let accepted = try await rest.get("", ["Accept": "application/openapi+json, */*;q=0.1"])
      #expect(accepted.status == 200)
    }
  }

  @Test("is made anew when the schema has changed")
  func reloads() async throws {
    try await RestServer.with { rest in
      #expect(try await rest.get("/").json["paths"]?["/fresh"] == nil)
      try await rest.server.database.psql(
        "create table public.fresh (id integer primary key); grant all on public.fresh to service_role"
      )
      var paths: JSON?
      for _ in 0..<100 where paths == nil {
        try await Task.sleep(for: .milliseconds(50))
        paths = try await rest.get("/").json["paths"]?["/fresh"]
      }
      #expect(paths?["get"] != nil)
    }
  }

  @Test(
    "says where it is, from the address of the dispatcher",
    arguments: [
      ("http://127.0.0.1:54321", "http", "127.0.0.1:54321", "/rest/v1"),
      ("https://a.b/", "https", "a.b", "/rest/v1"),
      ("https://a.b/c/d/", "https", "a.b", "/c/d/rest/v1"),
    ]
  )
  func address(url: String, scheme: String, host: String, base: String) throws {
    let address = try PublicAddress(url, mount: "/rest/v1")
    #expect([address.scheme, address.host, address.base] == [scheme, host, base])
    #expect(throws: (any Error).self) { try PublicAddress("a.b", mount: "") }
  }

  private func reference(_ name: String) -> JSON { ["$ref": .string("#/\(name)")] }
}

extension JSON {
  fileprivate var first: JSON? {
    if case .array(let elements) = self { elements.first } else { nil }
  }

  fileprivate func contains(_ element: JSON) -> Bool {
    if case .array(let elements) = self { elements.contains(element) } else { false }
  }
}
