import Core
import Loop
import Postgres

extension Exchange {
  /// What the caller's role may use, as OpenAPI 2.0.
  func description() throws(Refusal) -> Work {
    guard intake.isRead else { throw .method }
    var text = StatementText()
    text.add("select null::bigint as total, 1::bigint as page, rest.description(")
    text.add([intake.schema, shared.address.scheme, shared.address.host, shared.address.base]) {
      text,
      part in text.add(text: part)
    }
    text.add(")::text as body, null as headers, null as status")
    var intake = intake
    intake.preferences = Preferences()
    return Work(
      intake: intake,
      statements: [text.finish("rest.description")],
      isReadOnly: true,
      outcome: .described
    )
  }
}

/// Where clients find REST, in the parts that OpenAPI 2.0 wants.
struct PublicAddress: Equatable {
  let scheme: String
  let host: String
  /// Where paths begin.
  let base: String

  /// - Parameter url: of the dispatcher.
  /// - Throws: ``ConfigurationError`` when it is no such address.
  init(_ url: String, mount: String) throws {
    guard let colon = url.firstRange(of: "://"), !url[colon.upperBound...].isEmpty else {
      throw ConfigurationError("API_EXTERNAL_URL is no address: \(url)")
    }
    scheme = String(url[..<colon.lowerBound])
    let rest = url[colon.upperBound...]
    host = String(rest.prefix { $0 != "/" })
    base = String(rest.dropFirst(host.count).trimmingSuffix("/")) + mount
  }
}

extension Substring {
  fileprivate func trimmingSuffix(_ end: Character) -> Substring {
    var text = self
    while text.last == end { text.removeLast() }
    return text
  }
}

/// Descriptions that were made a moment ago, one for each role and schema: they cost the database
/// hundreds of milliseconds, and anybody may ask.
@Loop
final class Descriptions {
  private static let age: Duration = .seconds(10)

  private struct Key: Hashable {
    let role: Caller.Role
    let schema: String
  }

  private struct Kept {
    let answer: Answer
    let catalog: Catalog
    let end: Instant
  }

  private var kept: [Key: Kept] = [:]

  init() {}

  func find(_ role: Caller.Role, _ schema: String, of catalog: Catalog) -> Answer? {
    guard let found = kept[Key(role: role, schema: schema)], found.catalog === catalog,
      found.end > .now
    else { return nil }
    return found.answer
  }

  /// - Parameter schema: one of those that are exposed.
  func keep(_ answer: Answer, _ role: Caller.Role, _ schema: String, of catalog: Catalog) {
    let end = Instant.now + Self.age
    kept[Key(role: role, schema: schema)] = Kept(answer: answer, catalog: catalog, end: end)
  }
}
