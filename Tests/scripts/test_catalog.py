"""What is made of the executables' descriptions: the dispatcher's list, OpenAPI, compose, README."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

from composefile import compose
from fixtures import dispatcher, function, service, setting
from openapi import DISPATCHER, openapi
from openapi_spec_validator import validate
from package import ROOT, Package, describe

SCRIPTS = os.path.join(ROOT, "scripts")


def run(tool, *arguments, **options):
    return subprocess.run([os.path.join(SCRIPTS, tool), *arguments], capture_output=True, text=True, check=False, **options)


class Catalog(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def executable(self, name, described):
        """A program that answers --describe."""
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!{sys.executable}\nprint({json.dumps(json.dumps(described))})\n")
        os.chmod(path, 0o755)
        return path

    def file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_the_dispatcher_is_told_of_every_function_and_service(self):
        package = Package()
        for name in package.executables:
            kind = {"kind": "service", "paths": [f"/{name}/v1"]} if name not in package.functions else {}
            if name not in package.services:
                kind = {"kind": "command", "paths": []}
            self.executable(name, {**dispatcher(), "name": name} if name == "dispatcher" else function(name, **kind))
        ran = run("catalog", "--binaries", self.folder, "--output", self.folder)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        with open(os.path.join(self.folder, "services.conf"), encoding="utf-8") as file:
            lines = [line.split(" ") for line in file.read().splitlines() if not line.startswith("#")]
        self.assertEqual([line[0] for line in lines], [name for name in package.services if name != "dispatcher"])
        name, binary, paths, names = next(line for line in lines if line[0] in package.functions)
        self.assertEqual(binary, os.path.join(self.folder, name))
        self.assertEqual(paths, f"/functions/v1/{name},/{name}")
        self.assertEqual(names, "DATABASE_URL=DATABASE_URL_EDGE,JWT_JWKS,LOG_LEVEL")

    def test_an_executable_under_another_name_is_refused(self):
        path = self.executable("say-bye", function("say-hello"))
        with self.assertRaisesRegex(SystemExit, "calls itself 'say-hello'"):
            describe(path)

    def test_an_executable_that_is_not_built_is_named(self):
        ran = run("catalog", "--binaries", self.folder, "--output", self.folder)
        self.assertEqual(ran.returncode, 1)
        self.assertIn("is not built", ran.stderr)


class OpenAPI(unittest.TestCase):
    def test_the_document_is_valid(self):
        document = openapi([dispatcher(), function(), function("list-all", methods=["GET", "POST"], caller="visitor", output=None)])
        validate(document)

    def test_a_broken_document_is_not(self):
        document = openapi([function()])
        del document["paths"]["/functions/v1/say-hello"]["post"]["responses"]["200"]["description"]
        with self.assertRaises(Exception):
            validate(document)

    def test_every_function_has_its_path_and_health_too(self):
        document = openapi([dispatcher(), function(), function("a-first")])
        self.assertEqual(list(document["paths"]), ["/functions/v1/a-first", "/functions/v1/say-hello", "/health"])

    def test_a_schema_reaches_its_own_definitions(self):
        document = openapi([function()])
        reference = document["components"]["schemas"]["SayHelloInput"]["properties"]["mood"]["$ref"]
        at = document
        for step in reference[2:].split("/"):
            at = at[step]
        self.assertEqual(at["enum"], ["good", "bad"])

    def test_every_answer_carries_the_request_id(self):
        document = openapi([function()])
        responses = document["paths"]["/functions/v1/say-hello"]["post"]["responses"]
        for status, response in responses.items():
            if "$ref" in response:
                response = document["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
            self.assertIn("x-request-id", response["headers"], status)

    def test_a_limited_function_says_what_is_left(self):
        limited = openapi([function()])["paths"]["/functions/v1/say-hello"]["post"]["responses"]["200"]["headers"]
        exempt = openapi([function(rate_limit="exempt")])["paths"]["/functions/v1/say-hello"]["post"]["responses"]["200"]["headers"]
        self.assertIn("RateLimit", limited)
        self.assertNotIn("RateLimit", exempt)

    def test_input_of_a_get_is_its_query(self):
        operation = openapi([function(methods=["GET"])])["paths"]["/functions/v1/say-hello"]["get"]
        self.assertNotIn("requestBody", operation)
        self.assertEqual([(each["name"], each["in"], each["required"]) for each in operation["parameters"]],
                         [("name", "query", True), ("mood", "query", False)])

    def test_who_may_call_is_said(self):
        def security(caller):
            return openapi([function(caller=caller)])["paths"]["/functions/v1/say-hello"]["post"]["security"]
        self.assertIn({}, security("visitor"))
        self.assertEqual(security("user"), [{"bearer": []}])
        self.assertNotIn({}, security("service_role"))


class Described(unittest.TestCase):
    """Operations that a service describes itself."""

    def setUp(self):
        self.document = openapi([dispatcher(), function(), service(), service("rest")])
        self.path = self.document["paths"]["/auth/v1/users/{id}"]

    def test_the_document_is_valid_and_has_them_beside_the_functions(self):
        validate(self.document)
        self.assertEqual(list(self.document["paths"]), ["/auth/v1/users/{id}", "/functions/v1/say-hello", "/health", "/rest/v1/users/{id}"])
        self.assertEqual(sorted(self.path), ["get", "put"])
        self.assertEqual(self.path["get"]["summary"], "A user.")

    def test_each_service_has_schemas_of_its_own(self):
        schemas = self.document["components"]["schemas"]
        self.assertTrue({"AuthUser", "AuthError", "RestUser", "RestError", "Error"} <= set(schemas))
        self.assertEqual(schemas["RestUser"]["properties"]["friends"]["items"], {"$ref": "#/components/schemas/RestUser"})
        body = self.path["put"]["requestBody"]["content"]["application/json"]["schema"]
        self.assertEqual(body, {"$ref": "#/components/schemas/AuthUser"})
        self.assertNotIn("$defs", str(self.document["paths"]))

    def test_who_may_call_is_said(self):
        self.assertEqual(self.path["get"]["security"], [{}, {"bearer": []}])
        self.assertEqual(self.path["put"]["security"], [{"service": []}])

    def test_no_other_status_is_promised_but_what_the_dispatcher_answers_itself(self):
        responses = self.path["get"]["responses"]
        self.assertEqual(set(responses) - set(DISPATCHER), {"200", "404"})
        self.assertNotIn("default", responses)
        self.assertEqual(responses["502"], {"$ref": "#/components/responses/Failure502"})

    def test_an_error_is_the_services_or_where_it_can_be_the_dispatchers(self):
        def schema(status):
            return self.path["get"]["responses"][status]["content"]["application/json"]["schema"]
        own, other = ({"$ref": f"#/components/schemas/{name}"} for name in ("AuthError", "Error"))
        self.assertEqual(schema("404"), own)
        self.assertEqual(schema("400"), {"anyOf": [own, other]})

    def test_every_answer_carries_the_request_id(self):
        self.assertIn("x-request-id", self.path["put"]["responses"]["200"]["headers"])


class Generated(Catalog):
    def test_a_service_has_the_settings_that_it_reads_and_no_other(self):
        text = compose([dispatcher(), function(settings=[setting("APP_BASE_URL"), setting("LISTEN")])])
        service = text.split("\n  say-hello:\n")[1].split("environment:\n")[1].split("    mem_limit")[0]
        self.assertEqual(service, "      APP_BASE_URL:\n      LISTEN: 0.0.0.0:8080\n")

    def test_a_needed_secret_is_asked_for(self):
        text = compose([dispatcher(), function()])
        self.assertIn("      JWT_JWKS: ${JWT_JWKS:?", text)
        self.assertIn("postgresql://edge:${EDGE_PASSWORD:?", text)

    def test_a_folder_of_this_machine_is_mounted_where_it_is_set(self):
        text = compose([dispatcher(), function(settings=[setting("AUTH_TEMPLATES")]), function("a-first")])
        service = text.split("\n  say-hello:\n")[1].split("\n\n")[0]
        self.assertIn("      AUTH_TEMPLATES: ${AUTH_TEMPLATES:+/templates}\n", service)
        self.assertIn('      - {type: bind, source: "${AUTH_TEMPLATES:-/dev/null}", target: /templates, read_only: true}\n', service)
        self.assertNotIn("    volumes:", text.split("\n  a-first:\n")[1].split("\n\n")[0])

    def test_the_dispatcher_knows_every_function(self):
        text = compose([dispatcher(), function(), function("a-first")])
        self.assertIn('      UPSTREAMS: "a-first=a-first:8080,say-hello=say-hello:8080"\n', text)
        self.assertEqual(text.count("    ports:"), 1)

    def test_what_plays_the_outside_world_is_only_there_when_asked_for(self):
        sandbox = {"name": "sandbox", "kind": "service", "version": "0.1.0", "summary": "Plays the world.", "paths": ["/sandbox"],
                   "login": None, "memory_mb": 64, "local": True, "settings": [setting("LISTEN")]}
        text = compose([dispatcher(), function(), sandbox])
        service = text.split("\n  sandbox:\n")[1].split("\n\n")[0]
        self.assertIn("    profiles: [sandbox]\n", service)
        self.assertIn('      UPSTREAMS: "say-hello=say-hello:8080"\n', text)
        self.assertNotIn("      sandbox: {condition", text)

    def test_a_command_ends_before_those_begin_that_share_its_settings(self):
        command = {"name": "vault", "kind": "command", "version": "0.1.0", "summary": "Keeps secrets.", "paths": [], "login": None,
                   "memory_mb": 64, "local": False, "settings": [setting("DATABASE_URL", required=True), setting("VAULT_KEYS")]}
        sharing = function("a-first", settings=[setting("DATABASE_URL", required=True), setting("VAULT_KEYS")])
        text = compose([dispatcher(), function(), sharing, command])
        service = text.split("\n  vault:\n")[1].split("\n\n")[0]
        self.assertIn("    command: [keys]\n    restart: \"no\"\n", service)
        self.assertIn("      DATABASE_URL: postgresql://postgres:${POSTGRES_PASSWORD:?", service)
        self.assertIn("      VAULT_KEYS: ${VAULT_KEYS:?", service)
        self.assertNotIn("profiles", service)
        waiting = [name for name in ("a-first", "say-hello") if "      vault: {condition: service_completed_successfully}"
                   in text.split(f"\n  {name}:\n")[1].split("\n\n")[0]]
        self.assertEqual(waiting, ["a-first"])
        self.assertIn('      UPSTREAMS: "a-first=a-first:8080,say-hello=say-hello:8080"\n', text)
        self.assertIn("    profiles: [vault]\n", compose([dispatcher(), function(), command]))

    def test_a_compose_file_that_would_not_be_made_now_fails(self):
        services = self.file("services.json", json.dumps([dispatcher(), function()]))
        made = os.path.join(self.folder, "docker-compose.yml")
        self.assertEqual(run("compose", "--services", services, "--file", made).returncode, 0)
        self.assertEqual(run("compose", "--check", "--services", services, "--file", made).returncode, 0)
        with open(made, encoding="utf-8") as file:
            text = file.read()
        self.file("docker-compose.yml", text.replace("mem_limit: 64m", "mem_limit: 65m", 1))
        ran = run("compose", "--check", "--services", services, "--file", made)
        self.assertEqual(ran.returncode, 1)
        self.assertIn("+    mem_limit: 64m", ran.stdout)

    def test_tables_that_would_not_be_made_now_fail(self):
        services = self.file("services.json", json.dumps([dispatcher(), function()]))
        readme = self.file("README.md", "# A\n<!-- functions -->\n<!-- /functions -->\n<!-- settings --><!-- /settings -->\nend\n")
        self.assertEqual(run("readme", "--check", "--services", services, "--file", readme).returncode, 1)
        self.assertEqual(run("readme", "--services", services, "--file", readme).returncode, 0)
        self.assertEqual(run("readme", "--check", "--services", services, "--file", readme).returncode, 0)
        with open(readme, encoding="utf-8") as file:
            text = file.read()
        self.assertIn("| `say-hello` | POST | a user | Says hello. | – | by the hour |", text)
        self.assertIn("| `DATABASE_URL` | needed | functions | What DATABASE_URL is. Secret. |", text)
        self.assertTrue(text.endswith("end\n"))

    def test_a_readme_without_its_markers_fails(self):
        services = self.file("services.json", json.dumps([function()]))
        readme = self.file("README.md", "# A\n")
        self.assertEqual(run("readme", "--services", services, "--file", readme).returncode, 1)
