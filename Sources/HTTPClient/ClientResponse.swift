/// Another server's answer, of any status.
package struct ClientResponse: Sendable {
  package var status: Int
  package var headers: HeaderFields
  /// Decompressed.
  package var body: [UInt8]

  package init(status: Int, headers: HeaderFields = [:], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  package var isSuccess: Bool { 200...299 ~= status }

  /// The body as text, what is no UTF-8 in it replaced by U+FFFD.
  package var text: String { String(decoding: body, as: UTF8.self) }
}
