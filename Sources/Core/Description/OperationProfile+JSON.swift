import HTTP
package import JSON

extension JSON {
  /// A JSON schema that is one of ``Interface/schemas``.
  package static func schema(_ name: String) -> JSON { ["$ref": .string("#/$defs/\(name)")] }
}

extension OperationProfile {
  /// In OpenAPI's words, but for `security`, which names schemes.
  var json: JSON {
    var members = [
      JSON.Member("method", .string(method.rawValue)), JSON.Member("path", .string(path)),
      JSON.Member("summary", .string(summary)),
      JSON.Member("credentials", .array(credentials.map { .string($0.rawValue) })),
      JSON.Member("parameters", .array(parameters.map(\.json))),
    ]
    if let body { members.append(JSON.Member("requestBody", body.json)) }
    let responses = answers.map { JSON.Member(String($0.status), $0.json) }
    members.append(JSON.Member("responses", .object(responses)))
    return .object(members)
  }
}

extension OperationProfile.Parameter {
  var json: JSON {
    [
      "name": .string(name), "in": .string(place.rawValue), "required": .bool(isRequired),
      "description": .string(purpose), "schema": schema,
    ]
  }
}

extension OperationProfile.Body {
  var json: JSON { ["required": .bool(isRequired), "content": contents.json] }
}

extension OperationProfile.Answer {
  var json: JSON {
    var members = [
      JSON.Member("description", .string(purpose)),
      JSON.Member("headers", .object(headers.map { JSON.Member($0.name, $0.json) })),
    ]
    if !contents.isEmpty { members.append(JSON.Member("content", contents.json)) }
    return .object(members)
  }
}

extension OperationProfile.Header {
  var json: JSON {
    ["description": .string(purpose), "required": .bool(isRequired), "schema": schema]
  }
}

extension [OperationProfile.Content] {
  var json: JSON { .object(map { JSON.Member($0.type, ["schema": $0.schema]) }) }
}
