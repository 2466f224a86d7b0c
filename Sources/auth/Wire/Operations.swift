import Core
import HTTP
import JSON

extension Interface {
  /// The API, whole: an operation for each of `Route.all`.
  static let auth = Interface(
    OperationProfile.project + OperationProfile.signIn + OperationProfile.account
      + OperationProfile.admin
      + OperationProfile.unoffered,
    schemas: JSON.authSchemas
  )
}

extension OperationProfile {
  fileprivate static let project = [
    auth(.get, "health", "That auth answers.", .found("That it does.", .schema("Health"))),
    auth(
      .get,
      "settings",
      "Which ways of signing in are on.",
      .found("They.", .schema("Settings"))
    ),
    auth(
      .get,
      ".well-known/jwks.json",
      "The public keys of tokens (RFC 7517).",
      .found("A set of them.", .schema("KeySet"))
    ),
    auth(
      .get,
      ".well-known/openid-configuration",
      "Where to find what (OpenID Connect Discovery 1.0).",
      .found("The addresses.", ["type": "object"])
    ),
  ]

  fileprivate static let signIn = [
    auth(
      .post,
      "signup",
      "Makes an account and mails its address a link to confirm it.",
      query: [.redirect],
      body: .fields(["email": .email, "password": .password, "data": .object] + .challenge),
      .found(
        "The account, or a session where no address has to be confirmed.",
        ["oneOf": [.schema("User"), .schema("Session")]]
      ),
      [400, 422, 429]
    ),
    auth(
      .post,
      "token",
      "Gives a session for a password, a refresh token or the code of a link.",
      query: [
        Parameter(
          "grant_type",
          in: .query,
          isRequired: true,
          "what the body holds",
          ["type": "string", "enum": ["password", "refresh_token", "pkce"]]
        )
      ],
      body: .fields([
        "email": .email, "password": .password, "refresh_token": .text, "auth_code": .text,
        "code_verifier": .text,
      ]),
      .session,
      [400, 403, 404, 422, 429]
    ),
    auth(
      .post,
      "verify",
      "Signs in with what was mailed: a code and the address, or the hash of a link.",
      body: .fields(
        ["type": .verification, "email": .email, "token": .text, "token_hash": .text],
        required: ["type"]
      ),
      .found(
        "A session, or what is still to confirm.",
        ["oneOf": [.schema("Session"), .schema("Halfway")]]
      ),
      [400, 403, 422, 429]
    ),
    auth(
      .get,
      "verify",
      "Follows a link that was mailed.",
      query: [
        Parameter("token", in: .query, isRequired: true, "of the link"),
        Parameter("type", in: .query, isRequired: true, "of the link", .verification), .redirect,
      ],
      Answer(
        303,
        "Leads on, with a session behind #, a code behind ?, or an error behind both.",
        headers: [Header("Location", isRequired: true, "where to")]
      ),
      [400, 422, 429]
    ),
    mailing("recover", "Mails a link to whoever forgot the password.", ["email": .email]),
    mailing(
      "resend",
      "Mails again what a sign-up or a change of address waits for.",
      ["type": .string(of: ["signup", "email_change"]), "email": .email]
    ),
    mailing(
      "otp",
      "Mails a link and a code to sign in with.",
      ["email": .email, "create_user": .flag, "data": .object]
    ),
    mailing(
      "magiclink",
      "Mails a link and a code to sign in with.",
      ["email": .email, "data": .object]
    ),
    auth(
      .post,
      "logout",
      "Ends sessions of who asks.",
      by: .bearer,
      query: [
        Parameter(
          "scope",
          in: .query,
          "which of them",
          ["type": "string", "enum": ["global", "local", "others"], "default": "global"]
        )
      ],
      Answer(204, "They have ended."),
      [400, 401, 403]
    ),
  ]

  fileprivate static let account = [
    auth(.get, "user", "The account of who asks.", by: .bearer, .user, [401, 403]),
    auth(
      .put,
      "user",
      "Changes the password, the address or the metadata of who asks.",
      by: .bearer,
      query: [.redirect],
      body: .fields(
        [
          "email": .email, "password": .password, "current_password": .password, "nonce": .text,
          "data": .object,
        ] + .challenge
      ),
      .user,
      [400, 401, 403, 422, 429]
    ),
    auth(
      .get,
      "reauthenticate",
      "Mails a code that a change of password may need.",
      by: .bearer,
      .nothing,
      [400, 401, 403, 422, 429]
    ),
  ]

  fileprivate static let admin = [
    auth(
      .get,
      "admin/users",
      "A page of accounts, the newest first.",
      by: .service,
      query: [
        Parameter("page", in: .query, "from 1", .count),
        Parameter("per_page", in: .query, "50", .count),
        Parameter("filter", in: .query, "a part of the address or of the name"),
      ],
      Answer(
        200,
        "The page.",
        headers: [
          Header("X-Total-Count", isRequired: true, "of all accounts"),
          Header("Link", isRequired: true, "to the next page and the last (RFC 8288)"),
        ],
        [Content(.schema("UserList"))]
      ),
      [400, 401, 403]
    ),
    auth(
      .post,
      "admin/users",
      "Makes an account.",
      by: .service,
      body: .account(["id": .identifier], required: ["email"]),
      .user,
      [400, 401, 403, 422]
    ),
    auth(.get, "admin/users/{user_id}", "An account.", by: .service, .user, [401, 403, 404]),
    auth(
      .put,
      "admin/users/{user_id}",
      "Changes an account.",
      by: .service,
      body: .account(),
      .user,
      [400, 401, 403, 404, 422]
    ),
    auth(
      .delete,
      "admin/users/{user_id}",
      "Deletes an account, or takes it out of use.",
      by: .service,
      body: .fields(["should_soft_delete": .flag], isRequired: false),
      .nothing,
      [400, 401, 403, 404]
    ),
    auth(
      .get,
      "admin/users/{user_id}/factors",
      "The second factors of an account.",
      by: .service,
      .found("Those that it has.", ["type": "array", "items": .schema("Factor")]),
      [401, 403, 404]
    ),
    auth(
      .post,
      "admin/generate_link",
      "Makes a link and its code, and mails nothing.",
      by: .service,
      query: [.redirect],
      body: .fields(
        [
          "type": .string(of: [
            "signup", "invite", "magiclink", "recovery", "email_change_current",
            "email_change_new",
          ]),
          "email": .email, "new_email": .email, "password": .password, "data": .object,
          "redirect_to": .text,
        ],
        required: ["type", "email"]
      ),
      .found("The account, with the link beside its own members.", .schema("UserLink")),
      [400, 401, 403, 404, 422]
    ),
    auth(
      .post,
      "invite",
      "Makes an account and mails its address a link that signs in.",
      by: .service,
      query: [.redirect],
      body: .fields(["email": .email, "data": .object], required: ["email"]),
      .user,
      [400, 401, 403, 422]
    ),
  ]

  /// They are answered, in the words that clients know, and do nothing.
  fileprivate static let unoffered = [
    off(.get, "authorize", "Social sign-in", 400), off(.get, "callback", "Social sign-in", 400),
    off(.post, "callback", "Social sign-in", 400),
    off(.get, "user/identities/authorize", "Linking identities", by: .bearer, 404),
    off(.delete, "user/identities/{identity_id}", "Linking identities", by: .bearer, 404),
    off(.post, "sso", "SAML", 404), off(.post, "factors", "A second factor", 422),
    off(.post, "factors/{factor_id}/challenge", "A second factor", 422),
    off(.post, "factors/{factor_id}/verify", "A second factor", 422),
    off(.delete, "factors/{factor_id}", "A second factor", 422),
    off(.delete, "admin/users/{user_id}/factors/{factor_id}", "A second factor", 422),
    off(.get, "admin/oauth/clients", "Being an OAuth server", by: .service, 404),
    off(.post, "admin/oauth/clients", "Being an OAuth server", by: .service, 404),
  ]
}
