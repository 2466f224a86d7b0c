import Core
import HTTP
import JSON
import Loop
import Postgres

/// One request as its endpoint sees it.
@Loop
final class Ask {
  private static let bodyLimit = 1_048_576

  let context: RequestContext
  let version: APIVersion
  /// What the path holds in the places of its pattern's names, in their order.
  let parameters: [String]
  let query: [String: String]
  let address: ClientAddress
  /// Its answer has something mailed.
  var hasMail = false
  /// The role of the backend's own token that it came with; nil for anybody else.
  var admin: String?
  private var body: Fields?

  init(_ context: RequestContext, parameters: [String], address: ClientAddress) {
    self.context = context
    self.parameters = parameters
    self.address = address
    version = APIVersion(context.request)
    query = Form.values(context.request.query ?? "")
  }

  var request: Request { context.request }

  /// The browser or library, for the session; cut where nobody reads on.
  var userAgent: String? { request.header("user-agent").map { String($0.prefix(512)) } }

  /// For an `inet`: nil when the address is none, as on a Unix socket.
  var ip: String? { SocketAddress(host: address.host, port: 0) == nil ? nil : address.host }

  /// The body, a JSON object.
  ///
  /// - Parameter mayLack: where no body is an empty one.
  /// - Throws: ``AuthFailure`` with `bad_json`, `ProtocolError` when it is too long.
  func fields(mayLack: Bool = false) async throws -> Fields {
    if let body { return body }
    let bytes = try await request.body.collect(upTo: Self.bodyLimit)
    let json: JSON
    do {
      json = bytes.isEmpty && mayLack ? .object([]) : try JSON(parsing: bytes)
    } catch {
      throw AuthFailure(400, .badJSON, "Could not parse request body as JSON: \(error)")
    }
    let fields = try Fields(json)
    body = fields
    return fields
  }
}
