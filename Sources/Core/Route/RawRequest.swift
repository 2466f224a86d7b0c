import HTTP
import JSON
import Loop

/// A request as a ``Route`` gets it.
package struct RawRequest: Sendable {
  private let request: Request
  private let query: JSON
  /// As it was sent.
  package let body: [UInt8]

  /// - Throws: ``Failure`` with VALIDATION_FAILED for a query that two readers could understand
  ///   differently, `ProtocolError` for a body that is too long.
  @Loop
  init(_ request: Request, bodyLimit: Int) async throws {
    self.request = request
    query = try QueryString.values(request.query ?? "")
    let isRead = request.method == .get || request.method == .head
    body = isRead ? [] : try await request.body.collect(upTo: bodyLimit)
  }

  /// A parameter of the query; nil when it is not there.
  package func parameter(_ name: String) -> String? { query[name]?.text }

  /// A field of a body that is a form (application/x-www-form-urlencoded).
  ///
  /// - Throws: ``Failure`` when the body is no form, or has the field twice.
  package func field(_ name: String) throws -> String? {
    let type = request.header("content-type")?.prefix { $0 != ";" }.lowercased()
    guard type == "application/x-www-form-urlencoded" else {
      throw Failure(.unsupportedMediaType, "the body must be application/x-www-form-urlencoded")
    }
    guard let form = String(validating: body, as: UTF8.self) else {
      throw Failure(.invalidRequest, "the body is not text in UTF-8")
    }
    return try QueryString.values(form)[name]?.text
  }

  /// The first header field of that name, which is given in lower case.
  package func header(_ name: StaticString) -> String? { request.header(name) }

  /// Whether a page is wanted, rather than JSON: it is a browser that asks.
  package var wantsPage: Bool { header("accept")?.contains("text/html") ?? false }
}
