import HTTP
import Loop
import Postgres

/// A page of accounts, the newest first.
///
/// `GET /admin/users?page=1&per_page=50&filter=…`
enum ListUsers: Endpoint {
  private static let mostPerPage = 1000

  private struct Page: Decodable {
    var accounts: String
    var total: Int
  }

  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    try auth.bearers.admin(of: ask)
    let page = try number("page", of: ask) ?? 1
    let size = min(try number("per_page", of: ask) ?? 50, mostPerPage)
    let filter = ask.query["filter"].flatMap { $0.isEmpty ? nil : $0 }
    let found = try await auth.session(ask, isReadOnly: true)
      .one(list(filter, size, (page - 1) * size), as: Page.self)
    let body = #"{"users":\#(found.accounts),"aud":"authenticated"}"#
    var response = Response.uncached(Array(body.utf8))
    response.headers.append(("x-total-count", String(found.total)))
    let last = max(1, (found.total + size - 1) / size)
    let base = "\(auth.rules.externalURL)/auth/v1/admin/users?"
    var links: [String] = []
    for (place, name) in [(page + 1, "next"), (last, "last")] where place <= last {
      let query = Form.text([("page", String(place)), ("per_page", String(size))])
      links.append("<\(base)\(query)>; rel=\"\(name)\"")
    }
    response.headers.append(("link", links.joined(separator: ", ")))
    return response
  }

  /// Nil when it is absent or empty: clients send both for what they do not ask for.
  private static func number(_ name: String, of ask: Ask) throws(AuthFailure) -> Int? {
    guard let text = ask.query[name], !text.isEmpty else { return nil }
    guard let number = Int(text), (1...1_000_000).contains(number) else {
      throw .invalid("Bad Pagination Parameters: \(name) must be a number above 0")
    }
    return number
  }

  private static func list(_ filter: String?, _ limit: Int, _ offset: Int) -> SQL {
    let sql: SQL = """
      select accounts, total from auth.list_accounts(\(filter), \(Int32(limit)), \(offset))
      """
    return sql.named("list_accounts")
  }
}
