import HTTP
import JSON
import Loop
import Postgres

/// What SQL can read of the request: `current_setting('request.headers')` and its like.
enum RequestSettings {
  typealias Setting = (name: StaticString, value: [UInt8])

  @Loop
  static func of(_ request: Request, path: Substring) -> [Setting] {
    let (headers, cookies) = fields(of: request)
    return [
      ("request.method", Array(request.method.rawValue.utf8)), ("request.path", Array(path.utf8)),
      ("request.headers", headers), ("request.cookies", cookies),
    ]
  }

  /// The headers as an object, their names in lower case; of one that is sent twice the last. And
  /// the cookies as another.
  private static func fields(of request: Request) -> (headers: [UInt8], cookies: [UInt8]) {
    var headers: [UInt8] = []
    headers.reserveCapacity(1024)
    headers.append(UInt8(ascii: "{"))
    var cookies: [JSON.Member] = []
    request.forEachField { name, value in
      if headers.count > 1 { headers.append(UInt8(ascii: ",")) }
      headers.append(UInt8(ascii: "\""))
      for byte in name {
        let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
        headers.append(isUpper ? byte | 0x20 : byte)
      }
      headers.append(UInt8(ascii: "\""))
      headers.append(UInt8(ascii: ":"))
      headers.append(jsonString: value)
      if name.equalsIgnoringCase("cookie") {
        cookies += Self.cookies(in: String(decoding: value, as: UTF8.self))
      }
    }
    headers.append(UInt8(ascii: "}"))
    return (headers, cookies.isEmpty ? Array("{}".utf8) : JSON.object(cookies).bytes)
  }

  private static func cookies(in text: String) -> [JSON.Member] {
    text.split(separator: ";").compactMap { pair in
      let parts = pair.trimmingSpaces.split(separator: "=", maxSplits: 1)
      guard parts.count == 2 else { return nil }
      return JSON.Member(String(parts[0]), .string(String(parts[1])))
    }
  }
}
