import HTTP
import Loop

/// A person's decision at a platform's consent page: clicked, or told by the URL or by a test.
@Loop
final class Consent {
  /// What holds for authorize calls that don't say.
  struct Standing: Sendable, Equatable {
    var auto: String
    var account: String?
    var scopes: [String]?
  }

  /// What an application asks for.
  struct Inquiry: Sendable {
    let platform: Platform
    let scopes: [String]
    /// Those that can't be unticked.
    let needed: [String]
    let parameters: Parameters
  }

  enum Outcome {
    /// Nobody has decided yet: the page to show.
    case page(Response)
    case approved(Creator, scopes: [String])
    case denied
  }

  /// Names that are the sandbox's, not the platform's.
  private nonisolated static let own: Set<String> = ["auto", "account", "grant", "decision"]

  var standing: Standing?
  private let catalogue: Catalogue

  init(_ catalogue: Catalogue) {
    self.catalogue = catalogue
  }

  func decide(_ inquiry: Inquiry, _ visit: Visit) throws(Refusal) -> Outcome {
    let parameters = inquiry.parameters
    let standing = parameters["auto"] == nil && visit.request.method != .post ? standing : nil
    let said = visit.request.method == .post ? parameters["decision"] : parameters["auto"]
    guard let decision = said ?? standing?.auto else {
      let creators = catalogue.all(of: inquiry.platform)
      return .page(ConsentPage.response(inquiry, creators, visit.base, without: Self.own))
    }
    guard decision == "approve" else { return .denied }
    let name = parameters["account"] ?? standing?.account ?? parameters["login_hint"]
    let creator =
      name.map { catalogue.creator($0, on: inquiry.platform) }
      ?? catalogue.all(of: inquiry.platform).first
    guard let creator else {
      throw Refusal(400, "\(inquiry.platform.title) has no creator '\(name ?? "")'")
    }
    let isChosen = visit.request.method == .post || parameters.has("grant")
    let chosen =
      isChosen ? parameters.list("grant", by: [",", " "]) : standing?.scopes ?? inquiry.scopes
    let scopes = inquiry.scopes.filter { chosen.contains($0) || inquiry.needed.contains($0) }
    return scopes.isEmpty ? .denied : .approved(creator, scopes: scopes)
  }
}

extension Response {
  /// Sends a browser to `uri` with these parameters.
  static func redirect(
    to uri: String,
    _ parameters: KeyValuePairs<String, String?>,
    suffix: String = ""
  ) -> Response {
    let query = parameters.compactMap { name, value in
      value.map { "\(name)=\($0.percentEncoded)" }
    }
    let mark = uri.contains("?") ? "&" : "?"
    return Response(
      status: 302,
      headers: [
        ("location", "\(uri)\(mark)\(query.joined(separator: "&"))\(suffix)"),
        ("cache-control", "no-store"), ("referrer-policy", "no-referrer"),
      ]
    )
  }
}
