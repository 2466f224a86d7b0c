import Core
import HTTP
import JSON
import Testing

@testable import rest

@Suite("What openapi.json says of rest")
struct OperationTests {
  @Test("is what each method answers at tables, functions and the root")
  func hasEveryMethod() {
    let names = Interface.rest.operations.map { "\($0.method.rawValue) \($0.path)" }
    #expect(
      names.sorted() == [
        "DELETE /rest/v1/{table}", "GET /rest/v1/", "GET /rest/v1/rpc/{function}",
        "GET /rest/v1/{table}", "HEAD /rest/v1/", "HEAD /rest/v1/rpc/{function}",
        "HEAD /rest/v1/{table}",
        "PATCH /rest/v1/{table}", "POST /rest/v1/rpc/{function}", "POST /rest/v1/{table}",
        "PUT /rest/v1/{table}",
      ]
    )
  }

  @Test(
    "has the status of every refusal",
    arguments: [
      Refusal.path, .method, .putFilters, .putRange, .noSecret, .internal, .schemaCache,
      .aggregates, .rpcMethod("PUT"), .body(""), .range(""), .schema("", of: []), .media([]),
      .notSingle(2), .preferences([]), .claims(""), .ambiguousFunction([]),
    ]
  )
  func hasEveryStatus(_ refusal: Refusal) {
    let statuses = Interface.rest.operations.flatMap { $0.answers.map(\.status) }
    #expect(statuses.contains(refusal.status))
  }

  @Test("lets a body be in every form that it is taken or given in, and none in answers to HEAD")
  func hasEveryForm() throws {
    let operations = Interface.rest.operations
    let read = try #require(operations.first { $0.method == .get })
    let media: [MediaType] = [
      .array(isStripped: false), .array(isStripped: true), .object(isStripped: false),
      .object(isStripped: true), .csv,
    ]
    let types = try #require(read.answers.first).contents.map { "\($0.type); charset=utf-8" }
    #expect(types.sorted() == media.map(\.name).sorted())
    for operation in operations where operation.method == .head {
      #expect(operation.answers.allSatisfy { $0.contents.isEmpty })
    }
  }

  @Test("has an error be what it is")
  func hasErrors() {
    guard case .object(let members) = Refusal.method.json else {
      Issue.record("it is no object")
      return
    }
    let names = members.map { JSON.string($0.name) }.sorted { "\($0)" < "\($1)" }
    guard case .array(let required)? = JSON.restError["required"] else {
      Issue.record("nothing is required")
      return
    }
    #expect(names == required.sorted { "\($0)" < "\($1)" })
  }
}
