"""The other side of the mail tests: SMTP servers, good and bad.

Writes its ports to smtp.json and ends when its standard input does. What a session said is in
<domain of the sender>.log, what it handed over, as Python's own parser reads it, in <domain>.mail.
Usage: smtp_server.py FOLDER, where FOLDER holds what `certificates` made.

What the sender's local part says is done: `rcpt-550-5.1.1` answers RCPT like that; mail, rcpt, data
and final can be answered so, or hang, or drop the connection; `quit-hang` is silent after QUIT.
"""

import asyncio
import base64
import email
import email.header
import email.policy
import email.utils
import json
import os
import ssl
import sys

USER, PASSWORD = "ann@example.com", "s3cr3t p@ss/ü"


class Gone(Exception):
    """The connection has to be closed now."""


class Session:
    def __init__(self, reader, writer, kind):
        self.reader, self.writer, self.kind = reader, writer, kind
        self.is_tls = kind == "smtps"
        self.user = self.domain = self.sender = None
        self.recipients = []
        self.said = []

    def reply(self, *lines):
        code = lines[0][:3]
        texts = [line[4:] for line in lines]
        for index, text in enumerate(texts):
            last = index == len(texts) - 1
            self.writer.write(f"{code}{' ' if last else '-'}{text}\r\n".encode())

    async def act(self, stage):
        """Whether the sender asked for something else than the usual at this stage."""
        words = self.sender.split("@")[0].split("-")
        if words[0] != stage:
            return False
        if words[1] == "drop":
            raise Gone
        if words[1] == "hang":
            await self.reader.read(1)
            raise Gone
        self.reply(" ".join([*words[1:], f"not now, {self.sender} and {self.recipients}"]))
        return True

    def note(self, line):
        self.said.append(line)
        if self.domain:
            with open(f"{folder}/{self.domain}.log", "a") as file:
                file.writelines(f"{said}\n" for said in self.said)
            self.said = []

    async def run(self):
        greeting = {"greets-421": "421 4.3.2 away", "greets-554": "554 5.7.1 never"}.get(self.kind)
        if self.kind == "silent":
            await self.reader.read()
            return
        if self.kind == "garbage":
            self.writer.write(b"SSH-2.0-OpenSSH_9.2\r\n" * 3)
            raise Gone
        if self.kind == "endless":
            while True:
                self.writer.write(b"220-more\r\n" * 1000)
                await self.writer.drain()
        self.reply(greeting or "220 test ESMTP")
        while line := await self.reader.readline():
            line = line.decode().rstrip("\r\n")
            verb, _, rest = line.partition(" ")
            self.note(line)
            await self.command(verb.upper(), rest)
            await self.writer.drain()

    async def command(self, verb, rest):
        match verb:
            case "EHLO":
                self.domain = rest
                self.note("TLS" if self.is_tls else "plain")
                self.ehlo()
            case "HELO":
                self.domain = rest
                self.reply("250 test")
            case "STARTTLS":
                await self.start_tls()
            case "AUTH":
                await self.authenticate(rest)
            case "MAIL":
                self.sender = rest.split("<")[1].split(">")[0]
                if self.kind == "wants-login" and not self.user:
                    self.reply("530 5.7.0 who are you?")
                elif not await self.act("mail"):
                    self.reply("250 2.1.0 fine")
            case "RCPT":
                self.recipients.append(rest.split("<")[1].split(">")[0])
                if not await self.act("rcpt"):
                    self.reply("250 2.1.5 fine")
            case "DATA":
                if not await self.act("data"):
                    self.reply("354 go on")
                    await self.message()
            case "QUIT":
                if await self.act("quit"):
                    return
                self.reply("221 bye")
                raise Gone
            case "RSET" | "NOOP":
                self.reply("250 fine")
            case _:
                self.reply("502 5.5.1 what?")

    def ehlo(self):
        offers = ["250 test", "250 SIZE 10000000", "250 8BITMIME", "250 SMTPUTF8"]
        if self.kind == "old":
            self.reply("502 5.5.1 what?")
            return
        if self.kind.startswith("starttls") and not self.is_tls:
            offers.append("250 STARTTLS")
        if self.kind in ("auth", "wants-login", "smtps") or self.kind.startswith("starttls"):
            offers.append("250 AUTH PLAIN LOGIN")
        self.reply(*offers)

    async def start_tls(self):
        if self.kind == "starttls-refused":
            self.reply("454 4.7.0 no TLS today")
            return
        self.reply("220 go on")
        await self.writer.drain()
        if self.kind == "starttls-hangs":
            await self.reader.read()
            raise Gone
        await self.writer.start_tls(contexts["stranger" if self.kind == "starttls-stranger" else "good"])
        self.is_tls = True

    async def authenticate(self, rest):
        mechanism, _, initial = rest.partition(" ")
        if mechanism == "PLAIN":
            if not initial:
                self.reply("334 ")
                initial = (await self.reader.readline()).decode().strip()
            _, user, password = base64.b64decode(initial).decode().split("\0")
        else:
            self.reply("334 VXNlcm5hbWU6")
            user = base64.b64decode(await self.reader.readline()).decode()
            self.reply("334 UGFzc3dvcmQ6")
            password = base64.b64decode(await self.reader.readline()).decode()
        if (user, password) == (USER, PASSWORD):
            self.user = user
            self.reply("235 2.7.0 hello")
        else:
            self.reply("535 5.7.8 no")

    async def message(self):
        lines = []
        while (line := await self.reader.readline()) != b".\r\n":
            if not line:
                raise Gone
            lines.append(line[1:] if line.startswith(b".") else line)
        if await self.act("final"):
            return
        raw = b"".join(lines)
        parsed = email.message_from_bytes(raw, policy=email.policy.default)
        record = {
            "from": self.sender, "to": self.recipients, "user": self.user, "is_tls": self.is_tls,
            "longest": max(len(line) - 2 for line in lines),
            "is_plain": all(line.endswith(b"\r\n") and line.isascii() for line in lines),
            "headers": [[name, str(value)] for name, value in parsed.items()],
            "name": display_name(raw),
            "text": parsed.get_body(("plain",)).get_content().replace("\r\n", "\n"),
            "html": parsed.get_body(("html",)).get_content().replace("\r\n", "\n"),
            "last": parsed.get_payload()[-1].get_content_type(),
            "defects": [repr(defect) for part in parsed.walk() for defect in part.defects],
        }
        with open(f"{folder}/{self.domain}.mail", "w") as file:
            json.dump(record, file)
        self.reply("250 2.0.0 taken")


def display_name(raw):
    """The sender's, by the parser that drops the blanks between encoded words (RFC 2047 §6.2)."""
    field = email.message_from_bytes(raw)["From"]
    name = str(email.header.make_header(email.header.decode_header(field))).rpartition("<")[0]
    return email.utils.unquote(name.strip())


async def main():
    ports = {}
    for kind in (
        "plain", "old", "auth", "wants-login", "smtps", "smtps-stranger", "starttls", "starttls-stranger",
        "starttls-refused", "starttls-hangs", "greets-421", "greets-554", "silent", "garbage", "endless",
    ):
        async def serve(reader, writer, kind=kind):
            try:
                await Session(reader, writer, kind).run()
            except (Gone, OSError, EOFError, UnicodeDecodeError):
                pass
            finally:
                writer.close()

        context = {"smtps": contexts["good"], "smtps-stranger": contexts["stranger"]}.get(kind)
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        ports[kind] = server.sockets[0].getsockname()[1]
        servers.append(server)
    with open(f"{folder}/smtp.new", "w") as file:
        json.dump(ports, file)
    os.rename(f"{folder}/smtp.new", f"{folder}/smtp.json")
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
    os._exit(0)


folder = sys.argv[1]
servers = []
contexts = {}
for name in ("good", "stranger"):
    contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    contexts[name].load_cert_chain(f"{folder}/{name}.pem", f"{folder}/{name}.key")
asyncio.run(main())
