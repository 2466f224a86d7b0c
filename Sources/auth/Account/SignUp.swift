import Core
import Glibc
import HTTP
import JSON
import Loop
import Postgres

/// Makes an account and mails its address a link to confirm it; an answer for an address that has
/// a confirmed account already looks the same but for its empty list of identities.
///
/// `POST /signup` with `{email, password, data}`
enum SignUp: Endpoint {
  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    let fields = try await ask.fields()
    let email = try fields.text("email")
    let phone = try fields.text("phone")
    guard auth.rules.isSignUpOpen else {
      throw AuthFailure(422, .signupDisabled, "Signups not allowed for this instance")
    }
    guard phone == nil else {
      throw AuthFailure(400, .phoneProviderDisabled, "Phone signups are disabled")
    }
    guard let email else { return try await AnonymousSignIn.answer(ask, auth) }
    try auth.rules.checkEmail("signups")
    let address = try EmailAddress.canonical(email)
    guard let password = try fields.text("password") else {
      throw AuthFailure.invalid("Signup requires a valid password")
    }
    try auth.rules.passwords.check(password)
    let challenge = try CodeChallenge(fields)
    let form = SignUpForm(
      address: address,
      password: password,
      data: try fields.object("data"),
      challenge: challenge,
      redirect: auth.redirect(of: ask)
    )
    guard auth.rules.mustConfirmEmail else { return try await signUpAtOnce(form, ask, auth) }
    return try await auth.limits.countingMail(.signUp, to: address, of: ask) {
      try await auth.atLeastAsLong { try await signUp(form, ask, auth) }
    }
  }

  /// The address has to be confirmed.
  private static func signUp(_ form: SignUpForm, _ ask: Ask, _ auth: Auth) async throws -> Response
  {
    let session = auth.session(ask)
    // Twice: who signs the address up meanwhile is found the second time.
    for _ in 0..<2 {
      let known = try await session.first(Account.find(form.address), as: Account.self)
      if let known, !known.isConfirmed, !known.isBanned {
        return try await signUpAgain(known, form, ask, auth)
      }
      let hash = try await auth.hasher.hash(form.password)
      if let known {
        try await session.run(.note(.repeatedSignUp, byMailOf: known.id))
        return try madeUp(form)
      }
      let new = try NewAccount(
        email: form.address,
        password: hash,
        data: form.data,
        isConfirmed: false
      )
      let mailing = try auth.mailing(.signUp, to: new, form, ask)
      let statements = [new.creation] + mailing.statements + [Account.json(new.id)]
      if let rows = try await session.create(statements) {
        return .uncached(try rows[rows.count - 1].json)
      }
    }
    throw AuthFailure.unavailable("Somebody else changes the same, try again")
  }

  /// The address waits to be confirmed. Who knows the password that it was signed up with goes on.
  /// Of two passwords one is a stranger's, and the mail does not tell whose: neither counts, and the
  /// address's owner sets one after coming by mail.
  private static func signUpAgain(
    _ known: Account,
    _ form: SignUpForm,
    _ ask: Ask,
    _ auth: Auth
  ) async throws -> Response {
    var account = known
    var statements: [SQL] = []
    if try await !auth.hasher.matches(form.password, known.encryptedPassword) {
      account.userMetadata = "{}"
      statements.append(.contest(known.id))
    }
    statements += try auth.mailing(.signUp, to: account, form, ask).statements
    let rows = try await auth.session(ask).run(
      statements + [Account.json(known.id)],
      function: "resend_confirmation"
    )
    return .uncached(try rows[rows.count - 1].json)
  }

  /// No address has to be confirmed: the answer is a session.
  private static func signUpAtOnce(
    _ form: SignUpForm,
    _ ask: Ask,
    _ auth: Auth
  ) async throws -> Response {
    let hash = try await auth.hasher.hash(form.password)
    let new = try NewAccount(
      email: form.address,
      password: hash,
      data: form.data,
      isConfirmed: true
    )
    let opening = auth.openSession(of: new.id, by: .password, ask)
    let statements = [new.creation, .note(.signedUp, byMailOf: new.id), opening]
    guard let rows = try await auth.session(ask).create(statements) else {
      throw AuthFailure(422, .userAlreadyExists, "User already registered")
    }
    ask.context.caller = new.id
    return try auth.answer(with: rows[rows.count - 1].decode(as: OpenSession.self)[0])
  }

  /// The user that is shown in place of one who has that address and confirmed it.
  private static func madeUp(_ form: SignUpForm) throws -> Response {
    let now = JSON(Timestamp(unixSeconds: Int(time(nil))).description)
    let user: JSON = [
      "id": .string(try UUID.random().description), "aud": "authenticated", "role": "",
      "email": .string(form.address), "phone": "", "confirmation_sent_at": now,
      "app_metadata": ["provider": "email", "providers": ["email"]],
      "user_metadata": form.data ?? .object([]), "identities": [], "created_at": now,
      "updated_at": now, "is_anonymous": false,
    ]
    return .uncached(user.bytes)
  }
}

/// What somebody signs up with.
struct SignUpForm: Sendable {
  let address: String
  let password: String
  let data: JSON?
  let challenge: CodeChallenge?
  let redirect: String
}

/// A session for somebody who does not say who it is.
///
/// `POST /signup` with neither address nor phone
enum AnonymousSignIn: Endpoint {
  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response {
    guard auth.rules.isAnonymousOn else {
      throw AuthFailure(422, .anonymousProviderDisabled, "Anonymous sign-ins are disabled")
    }
    try await auth.limits.take(.anonymous, of: ask)
    let data = try await ask.fields().object("data")
    let new = try NewAccount(email: nil, password: nil, data: data, isConfirmed: false)
    let opening = auth.openSession(of: new.id, by: .anonymous, ask)
    guard let rows = try await auth.session(ask).create([new.creation, opening]) else {
      throw AuthFailure.unavailable("Somebody else changes the same, try again")
    }
    ask.context.caller = new.id
    return try auth.answer(with: rows[1].decode(as: OpenSession.self)[0])
  }
}
