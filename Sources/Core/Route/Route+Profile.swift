import HTTP
import JSON

extension Route {
  /// For openapi.json.
  func operation(below path: String) -> OperationProfile {
    let isForm = bodyType == "application/x-www-form-urlencoded"
    return OperationProfile(
      HTTP.Method(rawValue: method.rawValue) ?? .get,
      path + subpath,
      summary,
      credentials: credentials,
      parameters: isForm
        ? []
        : parameters.map { OperationProfile.Parameter($0.name, in: .query, $0.purpose) },
      body: bodyType.map { type in
        OperationProfile.Body([OperationProfile.Content(type, isForm ? form : ["type": "object"])])
      },
      answers: answers.map { OperationProfile.Answer($0.status, $0.purpose) }
    )
  }

  private var credentials: [OperationProfile.Credential] {
    switch kind {
    case .visitor: [.none]
    case .user: [.bearer]
    case .serviceRole: [.service, .apikey]
    }
  }

  private var form: JSON {
    let properties = parameters.map {
      JSON.Member($0.name, ["type": "string", "description": .string($0.purpose)])
    }
    return ["type": "object", "properties": .object(properties)]
  }
}
