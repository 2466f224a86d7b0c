package import Core
import Crypto
import HTTP
import JSON
import Loop
import Postgres

/// What Instagram tells of its users: that one has removed the app, or wants what is stored deleted.
package enum InstagramRoutes {
  package static let all = [Platform.instagram.returnRoute, deauthorize, deletion, deletionState]

  private static let signed = [("signed_request", "what Meta signs with the app's secret")]

  private static let deauthorize = Route(
    .post,
    "/deauthorize",
    "Instagram tells that an account's owner has removed the app.",
    isExempt: true,
    parameters: signed,
    bodyType: "application/x-www-form-urlencoded",
    answers: [(200, "Taken."), (401, "It is not signed by Instagram (UNAUTHORIZED).")]
  ) { (request: RawRequest, call: Call<Visitor>) in
    let told = try await read(request, call)
    try await call.database.run(
      """
      select internal.authorisation_removed(
          'instagram', \(told.userID), \(told.issuedAt), 'the app was removed on Instagram')
      """
    )
    return .json(["success": true])
  }

  private static let deletion = Route(
    .post,
    "/data-deletion",
    "Instagram asks for the deletion of what is stored of one of its users.",
    isExempt: true,
    parameters: signed,
    bodyType: "application/x-www-form-urlencoded",
    answers: [
      (200, "`url`, where its state is asked for, and `confirmation_code`."),
      (401, "It is not signed by Instagram (UNAUTHORIZED)."),
    ]
  ) { (request: RawRequest, call: Call<Visitor>) in
    let told = try await read(request, call)
    let random = try Random.bytes(16)
    let code = Hex.encode(random.span)
    try await call.database.run(
      """
      select internal.request_data_deletion(
          'instagram', \(told.userID), \(told.issuedAt), \(LinkState.hash(code)))
      """
    )
    // Most are done at once; what is large goes on in the runs of refresh-oauth-tokens.
    await DataDeletions.carryOn(call.database, for: .seconds(2))
    let url = "\(call.configuration.redirectURI(.instagram))/data-deletion?code=\(code)"
    return .json(["url": .string(url), "confirmation_code": .string(code)])
  }

  private static let deletionState = Route(
    .get,
    "/data-deletion",
    "How far a deletion is that Instagram asked for.",
    parameters: [("code", "its confirmation code")],
    answers: [(200, "Its state, as a page or as JSON."), (404, "There is none (NOT_FOUND).")]
  ) { (request: RawRequest, call: Call<Visitor>) in
    let code = request.parameter("code") ?? ""
    let state = try await call.database.first(
      """
      select requested_at, completed_at
      from internal.data_deletion_state(\(LinkState.hash(code)))
      """,
      as: DeletionState.self
    )
    guard let state else { throw Failure.notFound("there is no deletion with this code") }
    return state.answer(code, asPage: request.wantsPage)
  }

  @Loop
  private static func read(
    _ request: RawRequest,
    _ call: Call<Visitor>
  ) async throws -> SignedRequest {
    let secret = try await call.secret(.clientSecret(.instagram))
    guard let text = try request.field("signed_request"),
      let told = try SignedRequest(text, secret: secret)
    else { throw Failure.unauthorized("signed_request is not signed by Instagram") }
    return told
  }

  private struct DeletionState: Decodable {
    var requestedAt: Timestamp
    var completedAt: Timestamp?

    func answer(_ code: String, asPage: Bool) -> RouteAnswer {
      guard asPage else {
        return .json([
          "confirmation_code": .string(code),
          "status": completedAt == nil ? "pending" : "completed",
          "requested_at": .string("\(requestedAt)"),
          "completed_at": JSON(completedAt?.description),
        ])
      }
      let text =
        completedAt.map { "All of it was deleted at \($0)." }
        ?? "It was asked for at \(requestedAt) and goes on; the account is unlinked already."
      return .page(status: 200, title: "Deletion of your data", text: text)
    }
  }
}
