import Core
import HTTP
import Loop

/// Where a person chooses an account and what the application may do.
@Loop
enum ConsentPage {
  /// - Parameters:
  ///   - base: what comes before the path in a link.
  ///   - own: parameters that are the form's own.
  static func response(
    _ inquiry: Consent.Inquiry,
    _ creators: [Creator],
    _ base: String,
    without own: Set<String>
  ) -> Response {
    let hidden = inquiry.parameters.pairs.filter { !own.contains($0.name) }.map {
      """
      <input type="hidden" name="\($0.name.escapedForHTML)" value="\($0.value.escapedForHTML)">
      """
    }
    let asked = inquiry.parameters["account"] ?? inquiry.parameters["login_hint"]
    let accounts = creators.enumerated().map { place, creator in
      let names = [creator.profile.key, creator.ids.account, creator.ids.person]
      let isChosen = asked.map(names.contains) ?? (place == 0)
      return """
        <label><input type="radio" name="account" value="\(creator.profile.key.escapedForHTML)"\
        \(isChosen ? " checked" : "")> \(creator.profile.name.escapedForHTML) \
        <small>@\(creator.profile.key.escapedForHTML), \(creator.count) items</small></label><br>
        """
    }
    let scopes = inquiry.scopes.map { scope in
      let isNeeded = inquiry.needed.contains(scope)
      return """
        <label><input type="checkbox" name="grant" value="\(scope.escapedForHTML)" checked\
        \(isNeeded ? " disabled" : "")> \(scope.escapedForHTML)</label><br>
        """
    }
    let body = """
      <p>An application asks for access to your account. This is the sandbox: no word of this \
      reaches \(inquiry.platform.title).</p>
      <form method="post" action="">
      \(hidden.joined(separator: "\n"))
      <fieldset><legend>Account</legend>
      \(accounts.joined(separator: "\n"))
      </fieldset>
      <fieldset><legend>It may</legend>
      \(scopes.joined(separator: "\n"))
      </fieldset>
      <p><button name="decision" value="approve">Allow</button> \
      <button name="decision" value="deny">Deny</button></p>
      </form>
      """
    // Browsers hold the redirect after a form against form-action: it would not let them go back.
    return Page("\(inquiry.platform.title): give access?", body).response(base, mayPost: true)
  }

  /// What a platform shows in place of its page when the application asked wrongly.
  static func failure(_ platform: Platform, _ code: String, _ reason: String) -> Refusal {
    let body = """
      <p>Error 400: <code>\(code.escapedForHTML)</code></p>
      <p>\(reason.escapedForHTML)</p>
      """
    var response = Page("\(platform.title): access blocked", body).response("")
    response.status = 400
    return Refusal(response)
  }
}
