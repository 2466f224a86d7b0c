import HTTP
import Loop

extension Route {
  /// The API, whole.
  static let all = [
    Route(.get, "health", HealthReport.self),
    Route(.get, "settings", SettingsReport.self),
    Route(.get, ".well-known/jwks.json", PublicKeys.self),
    Route(.get, ".well-known/openid-configuration", OpenIDConfiguration.self),

    Route(.post, "signup", SignUp.self, limit: .signUp),
    Route(.post, "token", Grant.self, limit: .token),
    Route(.post, "verify", Verify.self, limit: .verify),
    Route(.get, "verify", VerifyLink.self, limit: .verify),
    Route(.post, "recover", Recover.self, limit: .recover),
    Route(.post, "resend", Resend.self, limit: .resend),
    Route(.post, "otp", OneTimeSignIn.self, limit: .otp),
    Route(.post, "magiclink", OneTimeSignIn.self, limit: .magicLink),
    Route(.post, "logout", SignOut.self),

    Route(.get, "user", ShowUser.self),
    Route(.put, "user", ChangeUser.self, limit: .user),
    Route(.get, "reauthenticate", Reauthenticate.self, limit: .user),

    Route(.get, "admin/users", ListUsers.self),
    Route(.post, "admin/users", CreateUser.self),
    Route(.get, "admin/users/*", ReadUser.self),
    Route(.put, "admin/users/*", EditUser.self),
    Route(.delete, "admin/users/*", DeleteUser.self),
    Route(.get, "admin/users/*/factors", ListFactors.self),
    Route(.post, "admin/generate_link", GenerateLink.self),
    Route(.post, "invite", Invite.self),

    Route(.get, "authorize", Unoffered.Social.self),
    Route(.get, "callback", Unoffered.Social.self),
    Route(.post, "callback", Unoffered.Social.self),
    Route(.get, "user/identities/authorize", Unoffered.Linking.self),
    Route(.delete, "user/identities/*", Unoffered.Linking.self),
    Route(.post, "sso", Unoffered.SingleSignOn.self),
    Route(.post, "factors", Unoffered.Factors.self),
    Route(.post, "factors/*/challenge", Unoffered.Factors.self),
    Route(.post, "factors/*/verify", Unoffered.Factors.self),
    Route(.delete, "factors/*", Unoffered.Factors.self),
    Route(.delete, "admin/users/*/factors/*", Unoffered.Factors.self),
    Route(.get, "admin/oauth/clients", Unoffered.OAuthServer.self),
    Route(.post, "admin/oauth/clients", Unoffered.OAuthServer.self),
  ]

  /// Whether it is answered also where nobody can sign in.
  var isOpenAlways: Bool {
    [
      ObjectIdentifier(HealthReport.self), ObjectIdentifier(SettingsReport.self),
      ObjectIdentifier(PublicKeys.self), ObjectIdentifier(OpenIDConfiguration.self),
    ].contains(ObjectIdentifier(endpoint))
  }
}
