import HTTP
import JSON

extension Route {
  /// For openapi.json.
  func operation(below path: String) -> OperationProfile {
    OperationProfile(
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
      answers: (answers + refusals).map { OperationProfile.Answer($0.status, $0.purpose) }
    )
  }

  private var isForm: Bool { bodyType == "application/x-www-form-urlencoded" }

  /// What any route may answer before its handler does: ``RawRequest`` and the limits refuse so.
  private var refusals: [(status: Int, purpose: String)] {
    var refusals = [(422, "A parameter that can be read in two ways (VALIDATION_FAILED).")]
    if isForm { refusals.append((415, "The body is no form (UNSUPPORTED_MEDIA_TYPE).")) }
    if !isExempt { refusals.append((429, "Too many requests (RATE_LIMITED).")) }
    return refusals
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
