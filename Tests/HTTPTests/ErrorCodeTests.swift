import JSON
import Testing

@testable import HTTP

@Suite("The codes that clients meet")
struct ErrorCodeTests {
  private static let statuses: [(ErrorCode, Int)] = [
    (.invalidRequest, 400), (.invalidJSON, 400), (.stateInvalid, 400), (.unauthorized, 401),
    (.forbidden, 403), (.quotaExceeded, 403), (.scopeMissing, 403), (.notFound, 404),
    (.methodNotAllowed, 405), (.requestTimeout, 408), (.conflict, 409), (.reauthRequired, 409),
    (.payloadTooLarge, 413), (.unsupportedMediaType, 415), (.validationFailed, 422),
    (.rateLimited, 429), (.internal, 500), (.upstreamFailed, 502), (.unavailable, 503),
    (.notConfigured, 503), (.providerQuota, 503), (.upstreamTimeout, 504),
  ]

  @Test("have each the status that the list of them promises")
  func haveStatuses() {
    #expect(Self.statuses.map(\.0) == ErrorCode.allCases)
    for (code, status) in Self.statuses { #expect(code.status == status) }
  }

  @Test(
    "say what the reader refused",
    arguments: [
      (400, ErrorCode.invalidRequest), (405, .methodNotAllowed), (408, .requestTimeout),
      (413, .payloadTooLarge), (414, .invalidRequest), (431, .invalidRequest),
    ]
  )
  func nameRefusals(status: Int, code: ErrorCode) {
    #expect(ErrorCode(ProtocolError(status, "")) == code)
  }

  @Test("stand in an envelope with a message, details where there are any, and the request's id")
  func standInEnvelope() throws {
    let bare = ErrorEnvelope.bytes(.conflict, "it is \"taken\"", requestID: "r-1")
    #expect(
      String(decoding: bare, as: UTF8.self)
        == #"{"success":false,"error":{"code":"CONFLICT","message":"it is \"taken\"","#
        + #""request_id":"r-1"}}"#
    )
    let detailed = ErrorEnvelope.bytes(.conflict, "m", details: ["a": 1], requestID: "r-1")
    #expect(try JSON(parsing: detailed)["error"]?["details"] == ["a": 1])
  }
}

@Suite("What is known of heads")
struct HeadVocabularyTests {
  @Test(
    "tells the fields of one connection from those that are forwarded",
    arguments: [
      ("Connection", KnownField.connection, true), ("Keep-Alive", .keepAlive, true),
      ("Proxy-Connection", .proxyConnection, true), ("TE", .te, true),
      ("Trailer", .trailer, true), ("Transfer-Encoding", .transferEncoding, true),
      ("Upgrade", .upgrade, true), ("Content-Length", .contentLength, false),
      ("Expect", .expect, false), ("Host", .host, false), ("Hosts", .other, false),
      ("Connection1", .other, false), ("Authorization", .other, false),
    ]
  )
  func knowsFields(name: String, field: KnownField, isHopByHop: Bool) {
    let known = Array(name.utf8).withUnsafeBytes { KnownField($0) }
    #expect(known == field)
    #expect(known.isHopByHop == isHopByHop)
  }

  @Test("knows which methods may be sent again")
  func knowsIdempotence() {
    #expect(
      HTTP.Method.allCases.filter(\.isIdempotent) == [.get, .head, .put, .delete, .options]
    )
  }

  @Test("is wider behind a proxy by what the proxy adds")
  func isWiderBehindProxy() {
    #expect(Limits.behindProxy.head == Limits().head + 4096)
    #expect(Limits.behindProxy.fields == Limits().fields + 16)
  }
}
