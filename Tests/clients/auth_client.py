#!/usr/bin/env python3
"""Everything that supabase-py can ask of auth, with the client as it comes from PyPI.

    SUPABASE_URL, ANON_KEY, SERVICE_ROLE_KEY   the running stack and its two keys
    SANDBOX_URL                                where mail arrives [SUPABASE_URL/sandbox]
    DATABASE_URL                               a superuser's, to let a session grow old

Needs the packages supabase and PyJWT, and psql. Prints `N passed, N failed` last. Mail gaps and limits of
the stack must be off (AUTH_MAIL_GAP_SECONDS=0, AUTH_RATE_LIMITS=off): everybody here has one address.
Anonymous sign-ins and reauthentication must be on (AUTH_ANONYMOUS_ENABLED, AUTH_REAUTHENTICATION).
"""

import json
import os
import re
import subprocess
import sys
import time
import traceback
import urllib.parse
import urllib.request
import uuid

import jwt
from supabase import ClientOptions, create_client
from supabase_auth.errors import AuthApiError, AuthWeakPasswordError

URL = os.environ["SUPABASE_URL"]
ANON, SERVICE = os.environ["ANON_KEY"], os.environ["SERVICE_ROLE_KEY"]
SANDBOX = os.environ.get("SANDBOX_URL") or f"{URL}/sandbox"
PASSWORD = "correct horse battery"
TESTS = []


def test(function):
    TESTS.append(function)
    return function


def sql(text):
    subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", os.environ["DATABASE_URL"], "-c", text], check=True)


def client(flow="implicit", key=ANON):
    options = ClientOptions(flow_type=flow, auto_refresh_token=False, persist_session=True)
    return create_client(URL, key, options).auth


def admin():
    return client(key=SERVICE).admin


def address():
    return f"{uuid.uuid4().hex[:12]}@example.com"


def mail(to, count=1, patience=20):
    """The newest mail to an address, once there are `count`."""
    end = time.monotonic() + patience
    while True:
        with urllib.request.urlopen(f"{SANDBOX}/inbox?{urllib.parse.urlencode({'to': to})}", timeout=10) as answer:
            found = json.load(answer)
        if len(found) >= count:
            return found[0]
        assert time.monotonic() < end, f"{len(found)} mails to {to}, {count} were to come"
        time.sleep(0.05)


def code_in(message):
    return re.search(r"(?<![\w=])\d{6}(?!\w)", message["text"])[0]


def link_in(message):
    return next(link for link in message["links"] if "/auth/v1/verify" in link)


def token_in(message):
    return urllib.parse.parse_qs(urllib.parse.urlsplit(link_in(message)).query)["token"][0]


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def follow(link):
    """Where a link leads: the URL without its parts, the query, the fragment."""
    try:
        urllib.request.build_opener(NoRedirect).open(link, timeout=10)
    except urllib.error.HTTPError as answer:
        assert answer.code == 303, f"{answer.code}: {answer.read()}"
        parts = urllib.parse.urlsplit(answer.headers["location"])
        read = lambda text: {name: values[0] for name, values in urllib.parse.parse_qs(text).items()}  # noqa: E731
        return f"{parts.scheme}://{parts.netloc}{parts.path}", read(parts.query), read(parts.fragment)
    raise AssertionError("the link leads nowhere")


def refused(code, call, *arguments, status=None):
    try:
        call(*arguments)
    except AuthApiError as error:
        assert error.code == code, f"{error.code} ({error.message}) where {code} was to come"
        assert status in (None, error.status), error.status
        return error
    raise AssertionError(f"nothing was refused with {code}")


def signed_up(flow="implicit", email=None):
    """A client that is signed in as somebody new, and the address."""
    auth, email = client(flow), email or address()
    auth.sign_up({"email": email, "password": PASSWORD})
    auth.verify_otp({"email": email, "token": code_in(mail(email)), "type": "signup"})
    return auth, email


@test
def sign_up_confirm_sign_in():
    auth, email = client(), address()
    made = auth.sign_up({"email": email.upper(), "password": PASSWORD, "options": {"data": {"name": "Ann"}}})
    assert made.session is None and made.user.email == email
    assert made.user.user_metadata == {"name": "Ann"} and made.user.identities[0].provider == "email"
    refused("email_not_confirmed", auth.sign_in_with_password, {"email": email, "password": PASSWORD}, status=400)
    confirmed = auth.verify_otp({"email": email, "token": code_in(mail(email)), "type": "signup"})
    assert confirmed.session and confirmed.user.id == made.user.id and confirmed.user.email_confirmed_at
    refused("otp_expired", auth.verify_otp, {"email": email, "token": code_in(mail(email)), "type": "signup"}, status=403)
    again = auth.sign_in_with_password({"email": email, "password": PASSWORD})
    assert again.session.token_type == "bearer" and again.session.expires_in == 3600
    assert auth.get_user().user.id == made.user.id


@test
def sign_up_again():
    auth, email = signed_up()
    shown = client().sign_up({"email": email, "password": PASSWORD})
    assert shown.session is None and shown.user.identities == [] and shown.user.id != auth.get_user().user.id
    unconfirmed = address()
    first = client().sign_up({"email": unconfirmed, "password": PASSWORD})
    second = client().sign_up({"email": unconfirmed, "password": PASSWORD})
    assert first.user.id == second.user.id
    mail(unconfirmed, 2)


@test
def passwords():
    try:
        client().sign_up({"email": address(), "password": "short"})
        raise AssertionError("a weak password was taken")
    except AuthWeakPasswordError as error:
        assert error.reasons == ["length"] and error.status == 422
    refused("validation_failed", client().sign_up, {"email": address(), "password": "x" * 73}, status=400)
    refused("validation_failed", client().sign_up, {"email": "no address", "password": PASSWORD}, status=400)
    _, email = signed_up()
    wrong = refused("invalid_credentials", client().sign_in_with_password, {"email": email, "password": "wrong password"})
    nobody = refused("invalid_credentials", client().sign_in_with_password, {"email": address(), "password": PASSWORD})
    assert wrong.message == nobody.message == "Invalid login credentials" and wrong.status == nobody.status == 400


@test
def links():
    auth, email = client(), address()
    options = {"email_redirect_to": "http://localhost:5173/welcome?a=1"}
    auth.sign_up({"email": email, "password": PASSWORD, "options": options})
    link = link_in(mail(email))
    place, query, fragment = follow(link)
    assert place.startswith("http://") and fragment["type"] == "signup" and fragment["token_type"] == "bearer", fragment
    session = auth.set_session(fragment["access_token"], fragment["refresh_token"])
    assert session.user.email == email
    _, query, fragment = follow(link)
    assert query["error_code"] == fragment["error_code"] == "otp_expired" and query["error"] == "access_denied"


@test
def token_hashes():
    auth, email = client(), address()
    auth.sign_up({"email": email, "password": PASSWORD})
    refused("validation_failed", auth.verify_otp, {"token_hash": token_in(mail(email)), "type": "signup", "email": email})
    assert auth.verify_otp({"token_hash": token_in(mail(email)), "type": "signup"}).session
    refused("otp_expired", auth.verify_otp, {"token_hash": token_in(mail(email)), "type": "signup"})


@test
def pkce():
    auth, email = client("pkce"), address()
    auth.sign_up({"email": email, "password": PASSWORD})
    _, query, fragment = follow(link_in(mail(email)))
    assert query["code"] and not fragment
    other = client("pkce")
    refused("bad_code_verifier", other.exchange_code_for_session, {"auth_code": query["code"], "code_verifier": "v" * 50}, status=400)
    session = auth.exchange_code_for_session({"auth_code": query["code"]})
    assert session.user.email == email
    refused("flow_state_not_found", other.exchange_code_for_session, {"auth_code": query["code"], "code_verifier": "v" * 50}, status=404)


@test
def refreshing():
    auth, email = signed_up()
    first = auth.get_session()
    second = auth.refresh_session()
    assert second.session.refresh_token != first.refresh_token
    lost = client().refresh_session(first.refresh_token)
    assert lost.session.refresh_token == second.session.refresh_token
    assert auth.set_session(second.session.access_token, second.session.refresh_token).user.email == email
    refused("refresh_token_not_found", client().refresh_session, "nothing-of-ours", status=400)


@test
def claims():
    auth, email = signed_up()
    key = jwt.PyJWKClient(f"{URL}/auth/v1/.well-known/jwks.json").get_signing_key_from_jwt(auth.get_session().access_token)
    read = jwt.decode(auth.get_session().access_token, key.key, algorithms=["ES256"], audience="authenticated")
    assert read["email"] == email and read["role"] == "authenticated" and read["aal"] == "aal1"
    assert read["amr"][0]["method"] == "email/signup" and read["is_anonymous"] is False
    found = auth.get_claims()
    assert (found["claims"] if isinstance(found, dict) else found.claims)["sub"] == read["sub"]


@test
def changing_the_user():
    auth, email = signed_up()
    other = client()
    other.sign_in_with_password({"email": email, "password": PASSWORD})
    auth.update_user({"data": {"name": "Ann", "theme": "dark"}})
    assert auth.update_user({"data": {"theme": None, "lang": "en"}}).user.user_metadata == {"name": "Ann", "lang": "en"}
    refused("same_password", auth.update_user, {"password": PASSWORD}, status=422)
    auth.update_user({"password": "another good password"})
    assert auth.get_user().user
    refused("session_not_found", other.get_user)
    refused("invalid_credentials", client().sign_in_with_password, {"email": email, "password": PASSWORD})
    assert client().sign_in_with_password({"email": email, "password": "another good password"}).session


@test
def changing_the_address():
    auth, old = signed_up()
    _, taken = signed_up()
    refused("email_exists", auth.update_user, {"email": taken}, status=422)
    new = address()
    assert auth.update_user({"email": new}).user.new_email == new
    half = auth.verify_otp({"email": old, "token": code_in(mail(old, 2)), "type": "email_change"})
    assert half.session is None and half.user is None
    assert auth.verify_otp({"email": new, "token": code_in(mail(new)), "type": "email_change"}).user.email == new
    assert client().sign_in_with_password({"email": new, "password": PASSWORD}).session
    refused("invalid_credentials", client().sign_in_with_password, {"email": old, "password": PASSWORD})


@test
def recovering():
    _, email = signed_up()
    auth = client()
    auth.reset_password_for_email(email)
    auth.reset_password_for_email(address())
    auth.verify_otp({"email": email, "token": code_in(mail(email, 2)), "type": "recovery"})
    auth.update_user({"password": "a remembered password"})
    assert client().sign_in_with_password({"email": email, "password": "a remembered password"}).session
    pkce_auth = client("pkce")
    pkce_auth.reset_password_for_email(email)
    _, query, _ = follow(link_in(mail(email, 3)))
    assert pkce_auth.exchange_code_for_session({"auth_code": query["code"]}).session


@test
def signing_in_by_mail():
    _, email = signed_up()
    auth = client()
    auth.sign_in_with_otp({"email": email})
    assert auth.verify_otp({"email": email, "token": code_in(mail(email, 2)), "type": "email"}).session
    auth.sign_in_with_otp({"email": email})
    _, _, fragment = follow(link_in(mail(email, 3)))
    assert fragment["type"] == "magiclink" and fragment["access_token"]
    new = address()
    auth.sign_in_with_otp({"email": new, "options": {"data": {"name": "Bob"}}})
    assert auth.verify_otp({"email": new, "token": code_in(mail(new)), "type": "email"}).user.user_metadata == {"name": "Bob"}
    nobody = address()
    auth.sign_in_with_otp({"email": nobody, "options": {"should_create_user": False}})
    assert nobody not in [user.email for user in admin().list_users(per_page=1000)]


@test
def sending_again():
    auth, email = client(), address()
    auth.sign_up({"email": email, "password": PASSWORD})
    first = mail(email)
    auth.resend({"type": "signup", "email": email})
    second = mail(email, 2)
    refused("otp_expired", auth.verify_otp, {"email": email, "token": code_in(first), "type": "signup"})
    assert auth.verify_otp({"email": email, "token": code_in(second), "type": "signup"}).session
    auth.resend({"type": "signup", "email": address()})
    new = address()
    auth.update_user({"email": new})
    mail(new)
    auth.resend({"type": "email_change", "email": email})
    mail(new, 2)


@test
def reauthenticating():
    auth, email = signed_up()
    auth.update_user({"password": "a second good password"})
    # A sign-in of yesterday is not enough for a new password.
    sql(f"update auth.sessions set created_at = created_at - interval '25 hours' where user_id = '{auth.get_user().user.id}'")
    refused("reauthentication_needed", auth.update_user, {"password": "a third good password"}, status=400)
    auth.reauthenticate()
    code = code_in(mail(email, 2))
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    refused("reauthentication_not_valid", auth.update_user, {"password": "a third good password", "nonce": wrong}, status=422)
    refused("invalid_credentials", client().sign_in_with_password, {"email": email, "password": "a third good password"})
    assert auth.update_user({"password": "a third good password", "nonce": code}).user
    refused("reauthentication_not_valid", auth.update_user, {"password": "a fourth good password", "nonce": code}, status=422)
    assert client().sign_in_with_password({"email": email, "password": "a third good password"}).session


@test
def signing_out():
    first, email = signed_up()
    second, third = client(), client()
    for auth in (second, third):
        auth.sign_in_with_password({"email": email, "password": PASSWORD})
    kept = second.get_session().access_token
    first.sign_out({"scope": "others"})
    assert first.get_user().user
    refused("session_not_found", client().get_user, kept, status=403)
    refused("refresh_token_not_found", client().refresh_session, third.get_session().refresh_token)
    second.sign_in_with_password({"email": email, "password": PASSWORD})
    gone = first.get_session().access_token
    first.sign_out({"scope": "local"})
    refused("session_not_found", client().get_user, gone)
    assert second.get_user().user
    last = second.get_session().access_token
    second.sign_out()
    refused("session_not_found", client().get_user, last)
    refused("bad_jwt", client().get_user, "a.b.c", status=403)


@test
def signing_in_as_nobody():
    auth = client()
    made = auth.sign_in_anonymously({"options": {"data": {"theme": "dark"}}})
    assert made.session and made.user.is_anonymous and not made.user.email and made.user.user_metadata == {"theme": "dark"}
    assert auth.refresh_session().user.id == made.user.id
    other = client().sign_in_anonymously()
    assert other.user.id != made.user.id
    email = address()
    auth.update_user({"email": email})
    known = auth.verify_otp({"email": email, "token": code_in(mail(email)), "type": "email_change"}).user
    assert known.id == made.user.id and known.email == email and not known.is_anonymous
    auth.update_user({"password": PASSWORD})
    assert client().sign_in_with_password({"email": email, "password": PASSWORD}).user.id == made.user.id


@test
def what_is_not_offered():
    auth, _ = signed_up()
    refused("phone_provider_disabled", auth.sign_up, {"phone": "+15550100", "password": PASSWORD})
    refused("phone_provider_disabled", auth.sign_in_with_password, {"phone": "+15550100", "password": PASSWORD})
    refused("phone_provider_disabled", auth.sign_in_with_otp, {"phone": "+15550100"})
    refused("phone_provider_disabled", auth.verify_otp, {"phone": "+15550100", "token": "123456", "type": "sms"})
    refused("provider_disabled", auth.sign_in_with_id_token, {"provider": "google", "token": "x.y.z"})
    refused("saml_provider_disabled", auth.sign_in_with_sso, {"domain": "example.com"})
    auth, _ = signed_up()
    refused("manual_linking_disabled", auth.link_identity, {"provider": "google"})
    identities = auth.get_user_identities().identities
    assert len(identities) == 1
    refused("manual_linking_disabled", auth.unlink_identity, identities[0])
    refused("mfa_totp_enroll_not_enabled", auth.mfa.enroll, {"factor_type": "totp", "friendly_name": "x", "issuer": "y"})
    factor, code = str(uuid.uuid4()), {"code": "123456"}
    refused("mfa_totp_enroll_not_enabled", auth.mfa.challenge, {"factor_id": factor}, status=422)
    refused("mfa_totp_enroll_not_enabled", auth.mfa.verify, {"factor_id": factor, "challenge_id": str(uuid.uuid4()), **code}, status=422)
    refused("mfa_totp_enroll_not_enabled", auth.mfa.challenge_and_verify, {"factor_id": factor, **code}, status=422)
    refused("mfa_totp_enroll_not_enabled", auth.mfa.unenroll, {"factor_id": factor}, status=422)
    assert auth.mfa.list_factors().all == []
    assert auth.mfa.get_authenticator_assurance_level().current_level == "aal1"
    assert "/authorize?" in auth.sign_in_with_oauth({"provider": "google"}).url


@test
def admin_users():
    email = address()
    made = admin().create_user({
        "email": email, "password": PASSWORD, "email_confirm": True,
        "user_metadata": {"name": "Ann"}, "app_metadata": {"plan": "pro"}}).user
    assert made.email_confirmed_at and made.app_metadata["plan"] == "pro" and made.app_metadata["provider"] == "email"
    refused("email_exists", admin().create_user, {"email": email, "password": PASSWORD}, status=422)
    auth = client()
    assert auth.sign_in_with_password({"email": email, "password": PASSWORD}).session
    assert admin().get_user_by_id(made.id).user.user_metadata == {"name": "Ann"}
    changed = admin().update_user_by_id(made.id, {"user_metadata": {"name": None, "x": 1}, "app_metadata": {"plan": "free"}}).user
    assert changed.user_metadata == {"x": 1} and changed.app_metadata["plan"] == "free"
    admin().update_user_by_id(made.id, {"ban_duration": "24h"})
    refused("user_banned", client().sign_in_with_password, {"email": email, "password": PASSWORD})
    refused("user_banned", auth.refresh_session)
    assert admin().update_user_by_id(made.id, {"ban_duration": "none"}).user.banned_until is None
    moved = address()
    assert admin().update_user_by_id(made.id, {"email": moved, "password": "set by an admin"}).user.email == moved
    assert client().sign_in_with_password({"email": moved, "password": "set by an admin"}).session
    assert made.id in [user.id for user in admin().list_users(page=1, per_page=5)]
    assert admin().mfa.list_factors({"user_id": made.id}) is not None
    refused("mfa_totp_enroll_not_enabled", admin().mfa.delete_factor, {"user_id": made.id, "id": str(uuid.uuid4())}, status=422)
    admin().delete_user(made.id)
    refused("user_not_found", admin().get_user_by_id, made.id, status=404)
    refused("user_not_found", admin().delete_user, made.id)
    soft = admin().create_user({"email": address(), "email_confirm": True}).user
    admin().delete_user(soft.id, should_soft_delete=True)
    assert admin().get_user_by_id(soft.id).user.deleted_at


@test
def admin_is_not_for_everybody():
    auth, _ = signed_up()
    refused("not_admin", client().admin.list_users, status=403)
    user_key = auth.get_session().access_token
    refused("not_admin", client(key=user_key).admin.list_users, status=403)


@test
def admin_links():
    _, email = signed_up()
    for kind, follow_up in (("magiclink", "magiclink"), ("recovery", "recovery")):
        made = admin().generate_link({"type": kind, "email": email})
        assert made.user.email == email and made.properties.verification_type == kind
        assert client().verify_otp({"token_hash": made.properties.hashed_token, "type": follow_up}).session
        made = admin().generate_link({"type": kind, "email": email})
        assert client().verify_otp({"email": email, "token": made.properties.email_otp, "type": follow_up}).session
    new = address()
    made = admin().generate_link({"type": "signup", "email": new, "password": PASSWORD, "options": {"data": {"a": 1}}})
    assert follow(made.properties.action_link)[2]["type"] == "signup"
    assert client().sign_in_with_password({"email": new, "password": PASSWORD}).user.user_metadata == {"a": 1}
    guest = address()
    made = admin().generate_link({"type": "invite", "email": guest})
    assert client().verify_otp({"token_hash": made.properties.hashed_token, "type": "invite"}).user.invited_at
    moved = address()
    halves = [admin().generate_link({"type": kind, "email": email, "new_email": moved}) for kind in ("email_change_current", "email_change_new")]
    assert [made.properties.verification_type for made in halves] == ["email_change_current", "email_change_new"]
    for made in halves:
        refused("invalid_credentials", client().sign_in_with_password, {"email": moved, "password": PASSWORD})
        follow(made.properties.action_link)
    assert client().sign_in_with_password({"email": moved, "password": PASSWORD}).user.email == moved
    refused("invalid_credentials", client().sign_in_with_password, {"email": email, "password": PASSWORD})
    refused("user_not_found", admin().generate_link, {"type": "recovery", "email": address()}, status=404)


@test
def inviting():
    guest = address()
    made = admin().invite_user_by_email(guest, {"data": {"team": "blue"}}).user
    assert made.invited_at and made.user_metadata == {"team": "blue"}
    _, _, fragment = follow(link_in(mail(guest)))
    assert fragment["type"] == "invite"
    refused("email_exists", admin().invite_user_by_email, guest, status=422)


@test
def admin_signs_somebody_out():
    auth, _ = signed_up()
    token = auth.get_session().access_token
    admin().sign_out(token)
    refused("session_not_found", client().get_user, token)


@test
def stale_tokens_do_no_harm_where_none_is_needed():
    auth, email = signed_up()
    auth._headers["Authorization"] = "Bearer stale.and.wrong"
    assert auth.sign_in_with_password({"email": email, "password": PASSWORD}).session


def main():
    if sys.argv[1:2] in (["-h"], ["--help"]):
        print(__doc__.strip())
        return 0
    passed = failed = 0
    for function in TESTS:
        if sys.argv[1:] and function.__name__ not in sys.argv[1:]:
            continue
        try:
            function()
            passed += 1
            print(f"ok      {function.__name__}", flush=True)
        except Exception:  # noqa: BLE001
            failed += 1
            print(f"not ok  {function.__name__}\n{traceback.format_exc()}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
