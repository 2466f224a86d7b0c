package import HTTP
package import JSON

/// What a process answers under one method and path, for openapi.json.
package struct OperationProfile: Sendable {
  /// What a caller shows who it is with; names of openapi.json's security schemes.
  package enum Credential: String, Sendable {
    case none
    /// A user's token.
    case bearer
    /// The anon or the service key in the field `apikey`.
    case apikey
    /// The service key as a token.
    case service
  }

  package let method: HTTP.Method
  /// As clients ask the dispatcher for it; `{name}` stands for a segment.
  package let path: String
  package let summary: String
  /// Any one of them is enough.
  package let credentials: [Credential]
  package let parameters: [Parameter]
  package let body: Body?
  /// Every status that it may have.
  package let answers: [Answer]

  package init(
    _ method: HTTP.Method,
    _ path: String,
    _ summary: String,
    credentials: [Credential],
    parameters: [Parameter] = [],
    body: Body? = nil,
    answers: [Answer]
  ) {
    self.method = method
    self.path = path
    self.summary = summary
    self.credentials = credentials
    self.parameters = parameters
    self.body = body
    self.answers = answers
  }

  /// What a request's path, query or head holds.
  package struct Parameter: Sendable {
    package enum Place: String, Sendable { case path, query, header }

    package let name: String
    package let place: Place
    package let isRequired: Bool
    package let purpose: String
    package let schema: JSON

    /// - Parameter isRequired: what stands in the path always is.
    package init(
      _ name: String,
      in place: Place,
      isRequired: Bool = false,
      _ purpose: String,
      _ schema: JSON = ["type": "string"]
    ) {
      self.name = name
      self.place = place
      self.isRequired = isRequired || place == .path
      self.purpose = purpose
      self.schema = schema
    }
  }

  package struct Body: Sendable {
    package let isRequired: Bool
    package let contents: [Content]

    package init(isRequired: Bool = true, _ contents: [Content]) {
      self.isRequired = isRequired
      self.contents = contents
    }
  }

  /// A body in one of its media types.
  package struct Content: Sendable {
    package let type: String
    package let schema: JSON

    package init(_ type: String, _ schema: JSON) {
      self.type = type
      self.schema = schema
    }

    /// JSON.
    package init(_ schema: JSON) {
      self.init("application/json", schema)
    }
  }

  package struct Answer: Sendable {
    package let status: Int
    package let purpose: String
    /// Fields of its head that are worth knowing.
    package let headers: [Header]
    package let contents: [Content]

    package init(
      _ status: Int,
      _ purpose: String,
      headers: [Header] = [],
      _ contents: [Content] = []
    ) {
      self.status = status
      self.purpose = purpose
      self.headers = headers
      self.contents = contents
    }
  }

  package struct Header: Sendable {
    package let name: String
    package let isRequired: Bool
    package let purpose: String
    package let schema: JSON

    package init(
      _ name: String,
      isRequired: Bool = false,
      _ purpose: String,
      _ schema: JSON = ["type": "string"]
    ) {
      self.name = name
      self.isRequired = isRequired
      self.purpose = purpose
      self.schema = schema
    }
  }
}

/// All that a process answers.
package struct Interface: Sendable {
  package let operations: [OperationProfile]
  /// What operations name as `#/$defs/Name`.
  package let schemas: [JSON.Member]

  package init(_ operations: [OperationProfile] = [], schemas: [JSON.Member] = []) {
    self.operations = operations
    self.schemas = schemas
  }

  /// As `--describe` lists it.
  var members: [JSON.Member] {
    operations.isEmpty
      ? []
      : [
        JSON.Member("operations", .array(operations.map(\.json))),
        JSON.Member("$defs", .object(schemas)),
      ]
  }
}
