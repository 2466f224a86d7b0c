#!/usr/bin/env python3
"""usage: smtplib_client.py SMTP_HOST:PORT HTTP_HOST:PORT

Sends mail to the sandbox with Python's own client and library, and holds what the inbox shows
against what was sent. Prints what differs and exits 1.
"""

import email.charset
import email.message
import email.mime.multipart
import email.mime.text
import json
import smtplib
import sys
import urllib.parse
import urllib.request


def message(subject, text, html=None, charset="utf-8", cte=None, attach=False):
    made = email.message.EmailMessage()
    made["From"], made["Subject"] = "Ann Müller <ann@example.com>", subject
    made.set_content(text, charset=charset, cte=cte)
    if html:
        made.add_alternative(html, subtype="html", charset=charset, cte=cte)
    if attach:
        made.add_attachment("attached text", filename="a.txt")
        made.add_attachment(b"\0\1\2" * 1000, maintype="image", subtype="png", filename="ü.png")
    return made


def old_style(subject, text, html):
    """As programs of long ago make them: base64 throughout, a multipart in a multipart."""
    inner = email.mime.multipart.MIMEMultipart("alternative")
    inner.attach(email.mime.text.MIMEText(text, "plain", "utf-8"))
    inner.attach(email.mime.text.MIMEText(html, "html", "utf-8"))
    outer = email.mime.multipart.MIMEMultipart("mixed", boundary="=== a b ===")
    outer["From"], outer["Subject"] = "ann@example.com", email.header.Header(subject, "utf-8")
    outer.attach(inner)
    return outer


SAMPLES = [
    ("plain", "Hello\n", None, {}),
    ("dots", ".\n..\n.x\n\n.\n", None, {}),
    ("Grüße an alle, " * 12 + "Ende", "Grüße\n", "<p>Grüße</p>\n", {}),
    ("latin", "Grüße\n", "<p>ß</p>\n", {"charset": "iso-8859-1"}),
    ("base64", "長い文章\n" * 40, "<p>長い</p>\n", {"cte": "base64"}),
    ("quoted", "a = b  \n" + "x" * 300 + "\n", None, {"cte": "quoted-printable"}),
    ("8bit", "Grüße\n", None, {"cte": "8bit"}),
    ("attached", "See below\n", "<b>See</b>\n", {"attach": True}),
    ("large", "0123456789\n" * 100_000, None, {}),
    ("🎉" * 40, "🎉\n", "<p>🎉</p>\n", {}),
    ("old", "Grüße\n", "<p>Grüße</p>\n", None),
]

smtp, http = sys.argv[1:3]
host, port = smtp.rsplit(":", 1)
failures = []
with smtplib.SMTP(host, int(port)) as client:
    code, _ = client.ehlo()
    if code != 250 or not client.has_extn("smtputf8") or not client.has_extn("size"):
        failures.append(f"EHLO: {code} {client.esmtp_features}")
    for number, (subject, text, html, options) in enumerate(SAMPLES):
        made = old_style(subject, text, html) if options is None else message(subject, text, html, **options)
        client.send_message(made, "ann@example.com", [f"s{number}@example.com", f"other{number}@example.com"])
    client.send_message(message("international", "x\n"), "ännchen@example.com", ["jörg@bücher.example"])
    for recipients in (["nobody"], []):
        try:
            client.sendmail("ann@example.com", recipients, b"x")
            failures.append(f"{recipients} was taken")
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError):
            pass
    client.rset()
    if client.verify("ann")[0] != 252 or client.noop()[0] != 250:
        failures.append("VRFY or NOOP")

for number, (subject, text, html, _) in enumerate(SAMPLES):
    address = urllib.parse.quote(f"S{number}@Example.com")
    [mail] = json.load(urllib.request.urlopen(f"http://{http}/inbox?to={address}"))
    shown = (mail["subject"], mail["text"].replace("\r\n", "\n"), mail["html"] and mail["html"].replace("\r\n", "\n"))
    if (shown[0], shown[1].rstrip("\n"), (shown[2] or "").rstrip("\n")) != (
        subject, text.rstrip("\n"), (html or "").rstrip("\n")
    ):
        failures.append(f"{number}: {shown!r:.500}")
    if mail["to"] != [f"s{number}@example.com", f"other{number}@example.com"]:
        failures.append(f"{number}: to {mail['to']}")
address = urllib.parse.quote("jörg@bücher.example")
mails = json.load(urllib.request.urlopen(f"http://{http}/inbox?to={address}"))
if [mail["from"] for mail in mails] != ["ännchen@example.com"]:
    failures.append(f"international: {mails}")
print("\n".join(failures))
sys.exit(1 if failures else 0)
