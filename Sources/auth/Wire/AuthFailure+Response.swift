import HTTP
import JSON

/// The version of the API that a client asks for with `x-supabase-api-version`, a date.
enum APIVersion: Sendable {
  /// Errors hold their HTTP status as `code`, and `error_code` and `msg`.
  case first
  /// 2024-01-01 and later: errors hold their code as `code`, and `message`.
  case of2024

  static let header: StaticString = "x-supabase-api-version"

  /// A date that can't be read asks for nothing.
  init(_ request: Request) {
    let text = request.header(Self.header) ?? ""
    let isDate =
      text.utf8.count == 10
      && text.utf8.enumerated().allSatisfy { index, byte in
        index == 4 || index == 7 ? byte == UInt8(ascii: "-") : (0x30...0x39).contains(byte)
      }
    self = isDate && text >= "2024-01-01" ? .of2024 : .first
  }

  /// Clients read an error's code as one only when the answer says which version it has.
  var echo: [(name: StaticString, value: String)] {
    self == .of2024 ? [(Self.header, "2024-01-01")] : []
  }
}

extension AuthFailure {
  /// In the shape that the client knows.
  func response(_ version: APIVersion) -> Response {
    Response(
      status: status,
      headers: [
        ("content-type", "application/json; charset=utf-8"), ("cache-control", "no-store"),
        ("x-sb-error-code", code.rawValue),
      ] + headers,
      body: .bytes(body(version).bytes)
    )
  }

  private func body(_ version: APIVersion) -> JSON {
    if let oauthError {
      return ["error": .string(oauthError), "error_description": .string(message)]
    }
    let members: [JSON.Member]
    switch version {
    case .first:
      members = [
        JSON.Member("code", JSON(status)), JSON.Member("error_code", .string(code.rawValue)),
        JSON.Member("msg", .string(message)),
      ]
    case .of2024:
      members = [
        JSON.Member("code", .string(code.rawValue)), JSON.Member("message", .string(message)),
      ]
    }
    return .object(members + details)
  }
}
