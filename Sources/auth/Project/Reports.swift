import HTTP
import JSON
import Loop
import Telemetry

/// That it answers.
///
/// `GET /health`
enum HealthReport: Endpoint {
  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    let report: JSON = [
      "version": .string(Release.version), "name": "GoTrue",
      "description": "StreamVibe's auth on the wire of Supabase's",
    ]
    return Response(json: report.bytes)
  }
}

/// What clients may offer: which ways of signing in are on.
///
/// `GET /settings`
enum SettingsReport: Endpoint {
  private static let providers = [
    "apple", "azure", "bitbucket", "discord", "facebook", "figma", "fly", "github", "gitlab",
    "google", "kakao", "keycloak", "linkedin", "linkedin_oidc", "notion", "slack", "slack_oidc",
    "snapchat", "spotify", "twitch", "twitter", "workos", "x", "zoom",
  ]

  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    let rules = auth.rules
    let ways: [JSON.Member] = [
      JSON.Member("email", .bool(rules.isOn && rules.isEmailOn)), JSON.Member("phone", false),
      JSON.Member("anonymous_users", .bool(rules.isOn && rules.isAnonymousOn)),
    ]
    let social = providers.map { JSON.Member($0, false) }
    let settings: JSON = [
      "external": .object(ways + social),
      "disable_signup": .bool(!rules.isOn || !rules.isSignUpOpen),
      "mailer_autoconfirm": .bool(!rules.mustConfirmEmail), "phone_autoconfirm": false,
      "sms_provider": "", "saml_enabled": false, "mfa_enabled": false,
      "passkeys_enabled": false, "oauth_server_enabled": false,
    ]
    return Response(json: settings.bytes)
  }
}

/// Where to find what, for readers of OpenID Connect Discovery 1.0.
///
/// `GET /.well-known/openid-configuration`
enum OpenIDConfiguration: Endpoint {
  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    let base = "\(auth.rules.externalURL)/auth/v1"
    let configuration: JSON = [
      "issuer": .string(auth.rules.issuer),
      "authorization_endpoint": .string("\(base)/authorize"),
      "token_endpoint": .string("\(base)/token"), "userinfo_endpoint": .string("\(base)/user"),
      "jwks_uri": .string("\(base)/.well-known/jwks.json"),
      "response_types_supported": ["code"], "subject_types_supported": ["public"],
      "id_token_signing_alg_values_supported": .array(PublicKeys.algorithms(auth.jwks)),
      "code_challenge_methods_supported": ["S256", "plain"],
      "grant_types_supported": ["password", "refresh_token", "pkce"],
    ]
    return PublicKeys.shared(configuration.bytes)
  }
}
