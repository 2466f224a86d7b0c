import HTTP
import JSON

/// A success on its way out.
struct Answer {
  var status: Int
  var media: MediaType?
  var headers: [(name: StaticString, value: String)] = []
  var otherHeaders: [(name: String, value: String)] = []
  var body: [UInt8] = []

  init(_ status: Int) {
    self.status = status
  }

  /// Does what a function set `response.headers` and `response.status` to; the statement has seen to
  /// it that they are what they should be.
  mutating func apply(_ row: ResultRow) {
    if let status = row.status { self.status = status }
    guard let text = row.headers, case .array(let list)? = try? JSON(parsing: text) else { return }
    for case .object(let members) in list {
      guard let member = members.first, case .string(let value) = member.value else { continue }
      let name = member.name.lowercased()
      headers.removeAll { $0.name.description == name }
      if name == "content-type" { media = nil }
      otherHeaders.append((name, value))
    }
  }

  func response(isHead: Bool = false) -> Response {
    var headers = self.headers
    if let media { headers.append(("content-type", media.name)) }
    var response = Response(status: status, headers: headers, body: .bytes(body))
    // An empty answer to HEAD would announce another length than GET's.
    if isHead { response.body = .stream(length: nil) { _ in } }
    response.otherHeaders = otherHeaders
    return response
  }
}

extension Refusal {
  func response() -> Response {
    var response = Response(
      status: status,
      headers: [
        ("content-type", "application/json; charset=utf-8"),
        ("proxy-status", "PostgREST; error=\(code)"),
      ],
      body: .bytes(json.bytes)
    )
    response.otherHeaders = headers
    return response
  }
}

/// `content-range` (RFC 9110 §14.4, with rows for bytes).
enum ContentRange {
  /// - Parameter total: nil when it is not known.
  static func text(offset: Int, count: Int, total: Int?) -> String {
    let rows = count > 0 && total != 0 ? "\(offset)-\(offset + count - 1)" : "*"
    return "\(rows)/\(total.map(String.init) ?? "*")"
  }

  /// 206 when not all rows are shown of as many as there are known to be.
  static func status(count: Int, total: Int?) -> Int {
    guard let total else { return 200 }
    return count < total ? 206 : 200
  }
}
