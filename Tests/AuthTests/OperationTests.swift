import Core
import HTTP
import JSON
import Loop
import TestSupport
import Testing

@testable import auth

@Suite("What openapi.json says of auth")
struct OperationTests {
  private struct Rules: Sendable {
    let isLimited: Bool
    let isOpenAlways: Bool
  }

  private static func rules() async throws -> [String: Rules] {
    try await onLoop {
      let pairs = Route.all.map {
        ($0.name, Rules(isLimited: $0.limit != nil, isOpenAlways: $0.isOpenAlways))
      }
      return Dictionary(pairs) { first, _ in first }
    }
  }

  /// As a route is named.
  private static func name(of operation: OperationProfile) -> String {
    let segments = operation.path.dropFirst("/auth/v1".count).split(separator: "/").map {
      $0.hasPrefix("{") ? "*" : $0
    }
    return "\(operation.method.rawValue) /\(segments.joined(separator: "/"))"
  }

  @Test("is an operation for each of its routes, and nothing else")
  func hasEveryRoute() async throws {
    let routes = try await Self.rules().keys
    let operations = Interface.auth.operations.map(Self.name)
    #expect(operations.sorted() == routes.sorted())
  }

  @Test("promises 429 where there is a limit, and 422 where it can be switched off")
  func hasTheRoutesStatuses() async throws {
    let rules = try await Self.rules()
    for operation in Interface.auth.operations {
      let name = Self.name(of: operation)
      let rule = try #require(rules[name])
      let statuses = operation.answers.map(\.status)
      #expect(statuses.contains(429) == rule.isLimited, "\(name)")
      #expect(statuses.contains(422) == !rule.isOpenAlways, "\(name)")
      #expect(Set(statuses).count == statuses.count, "\(name)")
    }
  }

  @Test("names no schema that is not there")
  func hasItsSchemas() throws {
    let known = Interface.auth.schemas.map(\.name)
    #expect(Set(known).count == known.count)
    let text = String(decoding: JSON.object(Auth.profile.members).bytes, as: UTF8.self)
    let named = Set(text.matches(of: /#\/\$defs\/(\w+)/).map { String($0.output.1) })
    #expect(named == Set(known))
  }

  @Test("is what --describe prints")
  func isDescribed() throws {
    let described = JSON.object(Auth.profile.members)
    guard case .array(let operations)? = described["operations"] else { throw CancellationError() }
    #expect(operations.count == Interface.auth.operations.count)
    let signUp = try #require(operations.first { $0["path"] == "/auth/v1/signup" })
    #expect(signUp["method"] == "POST")
    #expect(signUp["credentials"] == ["none"])
    #expect(
      signUp["responses"]?["429"]?["content"]?["application/json"]?["schema"]
        == ["$ref": "#/$defs/Error"]
    )
  }
}
