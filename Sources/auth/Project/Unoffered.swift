import HTTP
import Loop

/// Ways of signing in that are not offered: each is refused in the words that clients know.
enum Unoffered {
  /// `GET /authorize`, `GET` and `POST /callback`
  enum Social: Endpoint {
    static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
      throw AuthFailure.invalid("Unsupported provider: provider is not enabled")
    }
  }

  /// `GET /user/identities/authorize`, `DELETE /user/identities/{id}`
  enum Linking: Endpoint {
    static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
      _ = try await auth.bearer(of: ask)
      throw AuthFailure(404, .manualLinkingDisabled, "Manual linking is disabled")
    }
  }

  /// `POST /sso`
  enum SingleSignOn: Endpoint {
    static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
      throw AuthFailure(404, .samlProviderDisabled, "SAML 2.0 is disabled")
    }
  }

  /// `/factors` and what is below
  enum Factors: Endpoint {
    static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
      throw AuthFailure(422, .mfaDisabled, "MFA enroll is disabled for TOTP")
    }
  }

  /// `/admin/oauth/clients`
  enum OAuthServer: Endpoint {
    static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
      try auth.bearers.admin(of: ask)
      throw AuthFailure(404, .oauthServerDisabled, "OAuth server is disabled")
    }
  }
}
