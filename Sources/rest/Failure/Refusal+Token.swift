import JSON

/// What is wrong with credentials (PostgREST's group 3).
extension Refusal {
  static let noSecret = Refusal(500, "PGRST300", "Server lacks JWT secret")

  static func token(_ message: String) -> Refusal {
    Refusal(401, "PGRST301", message).challenged(message)
  }

  static func claims(_ message: String) -> Refusal {
    Refusal(401, "PGRST303", message).challenged(message)
  }

  private func challenged(_ description: String) -> Refusal {
    with(
      "www-authenticate",
      "Bearer error=\"invalid_token\", error_description=\"\(description)\""
    )
  }
}
