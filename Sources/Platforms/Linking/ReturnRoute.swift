package import Core
import HTTP
import Loop
import Postgres

extension Platform {
  /// The route by which a browser comes back from the platform. It links nothing: whoever is signed
  /// in in that browser need not be who began. It hands code and state on to the site, whose client
  /// posts them in the name of its user.
  package var returnRoute: Route {
    Route(
      .get,
      "",
      "Where \(name) sends the browser back to: goes on to the site, and links nothing.",
      parameters: [
        ("code", "what the platform gave"), ("state", "that of the link"),
        ("error", "why it gave nothing"), ("error_description", "the same in words"),
      ],
      answers: [
        (302, "To `redirect_to`, else to the site, with `platform`, and `code` and `state`."),
        (400, "Nobody began this link, or it took too long (STATE_INVALID)."),
      ]
    ) { (request: RawRequest, call: Call<Visitor>) in
      try await self.sendOn(request, call)
    }
  }

  @Loop
  private func sendOn(_ request: RawRequest, _ call: Call<Visitor>) async throws -> RouteAnswer {
    let state = request.parameter("state") ?? ""
    let code = request.parameter("code")
    let error = request.parameter("error")
    let target = try await call.database.first(
      """
      select redirect_to
      from internal.link_target(\(rawValue), \(LinkState.hash(state)))
      """,
      as: Target.self
    )
    guard let target, (code == nil) != (error == nil) else {
      return try refuse(request, error)
    }
    let address =
      target.redirectTo ?? "\(call.configuration.baseURL(.appURL))/oauth/callback"
    var fields = [("platform", rawValue), ("state", state)]
    if let code { fields.append(("code", code)) }
    if let error {
      fields.append(("error", error))
      if let words = request.parameter("error_description") {
        fields.append(("error_description", words))
      }
    }
    let query = fields.map { "\($0)=\($1.percentEncoded)" }.joined(separator: "&")
    return .redirect(to: "\(address)\(address.contains("?") ? "&" : "?")\(query)")
  }

  private struct Target: Decodable { var redirectTo: String? }

  /// What stands in the address is anybody's: it is shown as text, or not at all.
  private func refuse(_ request: RawRequest, _ error: String?) throws -> RouteAnswer {
    let message = "this link was not begun here, was used already, or took longer than ten minutes"
    guard request.wantsPage else { throw Failure(.stateInvalid, message) }
    let said = error.map { " \(name) said: \($0.prefix(200))." } ?? ""
    return .page(
      status: 400,
      title: "The link could not be finished",
      text: "Go back to StreamVibe and begin again: \(message).\(said)"
    )
  }
}
