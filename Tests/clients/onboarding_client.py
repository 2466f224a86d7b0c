#!/usr/bin/env python3
"""supabase-py, unmodified, through the whole of phase 1 with one client: sign up, confirm by the mail that
came, sign in, set up a profile, read and change it, see subscription and quotas; and what a newcomer
gets wrong on the way.

    Tests/clients/onboarding_client.py [NAME...]      all, or the classes or tests of these names

Finds the stack in SUPABASE_URL, SANDBOX_URL, ANON_KEY and SERVICE_ROLE_KEY. The last line is "N passed, N failed".
"""

import json
import os
import sys
import unittest
import urllib.request
import uuid

from postgrest.exceptions import APIError
from supabase import create_client
from supabase_auth.errors import AuthApiError, AuthWeakPasswordError
from supabase_functions.errors import FunctionsHttpError

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "e2e"))
import program  # noqa: E402
from auth_client import address, code_in, follow, link_in, mail  # noqa: E402

URL, ANON, SERVICE = os.environ["SUPABASE_URL"], os.environ["ANON_KEY"], os.environ["SERVICE_ROLE_KEY"]
PASSWORD = "correct horse battery"
FREE = {"sync": True, "ai_analysis": True, "seo_submission": False}


class Onboarding(unittest.TestCase):
    def setUp(self):
        self.email = address()
        # What somebody writes who has read Supabase's first page, and no option more.
        self.supabase = create_client(URL, ANON)

    def refused(self, code, call, kind=AuthApiError):
        with self.assertRaises(kind) as caught:
            call()
        self.assertEqual(caught.exception.code, code)
        self.assertTrue(caught.exception.message)
        return caught.exception

    def credentials(self, **more):
        return {"email": self.email, "password": PASSWORD, **more}

    def confirmed(self):
        """The user, signed in."""
        self.supabase.auth.sign_up(self.credentials())
        follow(link_in(mail(self.email)))
        return self.supabase.auth.sign_in_with_password(self.credentials()).user

    def test_the_eight_steps(self):
        supabase = self.supabase
        # 1.1 sign up: a user, and no session yet
        made = supabase.auth.sign_up(self.credentials(options={"data": {"display_name": "Ada"}}))
        self.assertIsNone(made.session)
        self.assertEqual((made.user.email, made.user.email_confirmed_at), (self.email, None))
        self.refused("email_not_confirmed", lambda: supabase.auth.sign_in_with_password(self.credentials()))
        # 1.2 confirm, by the code of the mail in the sandbox's inbox
        verified = supabase.auth.verify_otp({"email": self.email, "token": code_in(mail(self.email)), "type": "signup"})
        self.assertEqual(verified.user.id, made.user.id)
        self.assertIsNotNone(verified.user.email_confirmed_at)
        supabase.auth.sign_out()
        # 1.3 sign in
        signed_in = supabase.auth.sign_in_with_password(self.credentials())
        user = signed_in.user.id
        self.assertEqual((user, signed_in.user.user_metadata["display_name"]), (made.user.id, "Ada"))
        self.assertEqual(supabase.auth.get_user().user.id, user)
        [before] = supabase.table("users").select("display_name, is_onboarded, profile_slug").eq("id", user).execute().data
        self.assertEqual(before, {"display_name": "Ada", "is_onboarded": False, "profile_slug": None})
        # 1.4 set up the profile
        name = f"Ada {uuid.uuid4().hex[:8]}"
        body = {"display_name": name, "bio": "Poetical science", "category": "science", "avatar_url": "https://a.example/ada.png"}
        profile = json.loads(supabase.functions.invoke("auth-profile-setup", {"body": body}))
        self.assertEqual((profile["success"], profile["is_public"]), (True, True))
        self.assertEqual(profile["profile"]["user_id"], user)
        self.assertEqual(profile["profile_slug"], name.lower().replace(" ", "-"))
        # 1.5 read it
        row = supabase.table("users").select("*").eq("id", user).single().execute().data
        self.assertEqual({field: row[field] for field in ("display_name", "bio", "avatar_url", "primary_category", "is_onboarded", "profile_slug")}, {
            "display_name": name, "bio": "Poetical science", "avatar_url": "https://a.example/ada.png", "primary_category": "science",
            "is_onboarded": True, "profile_slug": profile["profile_slug"]})
        self.assertIsNotNone(row["onboarded_at"])
        # 1.6 change it, but not what is not the user's to say
        [changed] = supabase.table("users").update({"bio": "Notes", "timezone": "Europe/London"}).eq("id", user).execute().data
        self.assertEqual((changed["bio"], changed["timezone"], changed["display_name"]), ("Notes", "Europe/London", name))
        self.assertGreater(changed["updated_at"], row["updated_at"])
        self.refused("42501", lambda: supabase.table("users").update({"is_verified": True}).eq("id", user).execute(), APIError)
        settings = supabase.table("user_setting").upsert({"user_id": user, "sync_frequency_hours": 6}).execute().data
        self.assertEqual([each["sync_frequency_hours"] for each in settings], [6])
        # 1.7 the subscription
        subscription = supabase.table("subscription").select(
            "user_id, syncs_used, ai_analyses_used, seo_submissions_used, subscription_tier(slug, max_syncs_per_month, max_ai_analyses_per_month, max_seo_submissions_per_month),"
            " subscription_status(slug)").single().execute().data
        self.assertEqual(subscription, {
            "user_id": user, "syncs_used": 0, "ai_analyses_used": 0, "seo_submissions_used": 0, "subscription_status": {"slug": "active"},
            "subscription_tier": {"slug": "free", "max_syncs_per_month": 10, "max_ai_analyses_per_month": 25, "max_seo_submissions_per_month": 0}})
        self.refused("42501", lambda: supabase.table("subscription").update({"syncs_used": 0}).eq("user_id", user).execute(), APIError)
        # 1.8 the quotas
        for kind, is_left in FREE.items():
            self.assertIs(supabase.rpc("check_quota", {"p_user_id": user, "p_quota_type": kind}).execute().data, is_left, kind)
        service = create_client(URL, SERVICE)
        service.rpc("increment_quota", {"p_user_id": user, "p_quota_type": "sync", "p_amount": 10}).execute()
        self.assertIs(supabase.rpc("check_quota", {"p_user_id": user, "p_quota_type": "sync"}).execute().data, False)
        self.assertEqual(supabase.table("subscription").select("syncs_used").execute().data, [{"syncs_used": 10}])
        service.rpc("decrement_quota", {"p_user_id": user, "p_quota_type": "sync", "p_amount": 1}).execute()
        self.assertIs(supabase.rpc("check_quota", {"p_user_id": user, "p_quota_type": "sync"}).execute().data, True)
        self.assertIs(supabase.rpc("has_role", {"role": "admin"}).execute().data, False)
        # over, and nothing is left to read
        supabase.auth.sign_out()
        self.refused("42501", lambda: supabase.table("users").select("id").execute(), APIError)

    def test_the_link_of_the_mail(self):
        user = self.confirmed()
        self.assertIsNotNone(user.email_confirmed_at)
        self.assertEqual(follow(link_in(mail(self.email)))[1]["error_code"], "otp_expired")
        session = self.supabase.auth.refresh_session().session
        self.assertEqual(session.user.id, user.id)
        self.assertEqual([each["id"] for each in self.supabase.table("users").select("id").execute().data], [user.id])

    def test_what_goes_wrong_is_told(self):
        supabase = self.supabase
        with self.assertRaises(AuthWeakPasswordError) as weak:
            supabase.auth.sign_up({"email": self.email, "password": "short"})
        self.assertEqual(weak.exception.reasons, ["length"])
        with self.assertRaises(FunctionsHttpError):
            supabase.functions.invoke("auth-profile-setup", {"body": {"display_name": "Nobody"}})
        self.confirmed()
        self.refused("invalid_credentials", lambda: supabase.auth.sign_in_with_password(self.credentials(password="a wrong one")))
        again = create_client(URL, ANON).auth.sign_up(self.credentials())
        self.assertEqual((again.session, again.user.identities), (None, []))
        with self.assertRaises(FunctionsHttpError) as blank:
            supabase.functions.invoke("auth-profile-setup", {"body": {"display_name": " "}})
        self.assertEqual(blank.exception.status, 422)
        self.refused("PGRST204", lambda: supabase.table("users").update({"no_such": 1}).gt("created_at", "2000-01-01").execute(), APIError)
        self.assertEqual(supabase.table("users").select("id").eq("id", str(uuid.uuid4())).maybe_single().execute(), None)

    def test_the_page_shows_the_mail(self):
        self.supabase.auth.sign_up(self.credentials())
        mail(self.email)
        with urllib.request.urlopen(os.environ["SANDBOX_URL"], timeout=10) as page:
            self.assertIn(self.email, page.read().decode())


if __name__ == "__main__":
    sys.exit(program.run())
