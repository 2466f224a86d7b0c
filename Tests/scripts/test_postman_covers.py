"""scripts/postman does what newman does, as far as the subset goes."""

import json
import os
import re
import subprocess
from xml.etree import ElementTree

from package import ROOT
from postman_support import PostmanTest, check, events, item


def bearer(token):
    return {"type": "bearer", "bearer": [{"key": "token", "value": token, "type": "string"}]}


def raw(text, language=None):
    return {"mode": "raw", "raw": text, **({"options": {"raw": {"language": language}}} if language else {})}


class Inheritance(PostmanTest):
    def test_auth_comes_from_the_nearest_that_has_one(self):
        self.assert_passes({"auth": bearer("{{outer}}"), "variable": [{"key": "outer", "value": "one"}], "item": [
            item("outer", test=check("pm.expect(seen.header.authorization).to.equal('Bearer one')")),
            {"name": "folder", "auth": bearer("two"), "item": [
                item("inner", test=check("pm.expect(seen.header.authorization).to.equal('Bearer two')")),
                item("none", auth={"type": "noauth"}, test=check("pm.expect(seen.header).to.not.have.property('authorization')"))]}]}, count=3)

    def test_scripts_run_from_the_outside_in(self):
        note = "pm.variables.set('order', (pm.variables.get('order') || '') + '{}')"
        self.assert_passes({"event": events(note.format("d"), note.format("a")), "item": [
            {"name": "folder", "event": events(note.format("e"), note.format("b")), "item": [
                item(before=note.format("c"), test="pm.test('in order', () => pm.expect(pm.variables.get('order')).to.equal('abcde'))")]}]}, count=1)

    def test_behaviour_is_inherited_and_overridden(self):
        self.assert_passes({"protocolProfileBehavior": {"followRedirects": False}, "item": [
            item("stays", "{{url}}/redirect/302?to=/echo", test="pm.test('302', () => pm.response.to.have.status(302))"),
            item("follows", "{{url}}/redirect/302?to=/echo", protocolProfileBehavior={"followRedirects": True})]}, count=2)


class Names(PostmanTest):
    def test_the_nearest_scope_wins(self):
        environment = self.write("e.json", {"values": [{"key": "b", "value": "environment"}, {"key": "c", "value": "environment"}, {"key": "d", "value": "no", "enabled": False}]})
        spheres = self.write("g.json", {"values": [{"key": "d", "value": "global"}, {"key": "e", "value": "global"}]})
        data = self.write("d.json", [{"a": "data", "b": "data"}])
        collection = {"variable": [{"key": "c", "value": "collection"}, {"key": "d", "value": "collection"}], "item": [
            item(url="{{url}}/{{a}}/{{b}}/{{c}}/{{d}}/{{e}}", before="pm.variables.set('a', 'local')",
                 test=check("pm.expect(seen.path).to.equal('/local/data/environment/collection/global')"))]}
        self.assert_passes(collection, "--environment", environment, "--globals", spheres, "--iteration-data", data)
        collection["item"][0]["event"] = events(check("pm.expect(seen.path).to.equal('/data/data/word/collection/other')"))
        self.assert_passes(collection, "--environment", environment, "-d", data, "--env-var", "c=word", "--global-var=e=other")

    def test_values_name_other_values(self):
        self.assert_passes({"variable": [{"key": "a", "value": "{{b}}{{which}}"}, {"key": "b", "value": "x"}, {"key": "which", "value": "b"}], "item": [
            item(url="{{url}}/{{a}}/{{{{which}}}}", test=check("pm.expect(seen.path).to.equal('/xb/x')"))]})

    def test_what_scripts_set_is_there_later(self):
        self.assert_passes([
            item("first", test="""pm.collectionVariables.set('a', 1); pm.environment.set('b', true); pm.variables.set('c', 'x');
                pm.test('of their kind', () => pm.expect([pm.collectionVariables.get('a'), pm.environment.get('b'), pm.environment.has('a')]).to.eql([1, true, false]))"""),
            item("second", "{{url}}/{{a}}/{{b}}/{{c}}", before="pm.environment.unset('b'); pm.collectionVariables.set('b', pm.variables.replaceIn('{{a}}{{c}}'))",
                 test=check("pm.expect(seen.path).to.equal('/1/1x/x')"))], count=2)

    def test_dynamic_ones(self):
        self.assert_passes([item(body=raw("{{$guid}} {{$guid}} {{$timestamp}} {{$randomInt}}"), method="POST", test=check(
            "pm.expect(seen.body).to.match(/^([0-9a-f-]{36}) (?!\\\\1)[0-9a-f-]{36} [0-9]{10} [0-9]{1,4}$/)".replace("\\\\", "\\")))])


class Requests(PostmanTest):
    def test_paths_go_out_as_they_are_written(self):
        self.assert_passes([item(url="{{url}}/a/../b//c%2F?q=a b&r='\"<é>", test=check(
            "pm.expect(seen.path).to.equal('/a/../b//c%2F?q=a%20b&r=%27%22%3C%C3%A9%3E')"))])

    def test_bodies(self):
        fields = [{"key": "a b", "value": "!'()*&="}, {"key": "no", "value": "x", "disabled": True}, {"key": "c", "value": "{{url}}"}]
        self.assert_passes([
            item("raw", method="POST", body=raw("{\"a\": 1}", "json"), test=check(
                "pm.expect([seen.body, seen.header['content-type']]).to.eql(['{\"a\": 1}', 'application/json'])")),
            item("own type", method="POST", body=raw("x"), header={"content-type": "text/x"}, test=check("pm.expect(seen.header['content-type']).to.equal('text/x')")),
            item("urlencoded", method="POST", body={"mode": "urlencoded", "urlencoded": fields}, test=check(
                f"pm.expect(seen.body).to.equal('a%20b=%21%27%28%29%2A%26%3D&c=' + encodeURIComponent('{self.url}'))")),
            item("formdata", method="POST", body={"mode": "formdata", "formdata": [{"key": "a", "value": "1", "type": "text"}]}, test=check(
                "pm.expect(seen.body).to.match(/^--(-+[0-9]+)\\r\\nContent-Disposition: form-data; name=\"a\"\\r\\n\\r\\n1\\r\\n--\\1--\\r\\n$/);"
                "pm.expect(seen.header['content-type']).to.match(/^multipart.form-data; boundary=-+[0-9]+$/)"))])

    def test_bodies_that_are_not_sent(self):
        self.assert_passes([
            item("dropped", body=raw("x"), test=check("pm.expect([seen.body, seen.header['content-length']]).to.eql(['', undefined])")),
            item("kept", body=raw("x"), protocolProfileBehavior={"disableBodyPruning": True}, test=check("pm.expect(seen.body).to.equal('x')")),
            item("empty delete", method="DELETE", test=check("pm.expect(seen.header).to.not.have.any.keys('content-length', 'transfer-encoding')")),
            item("empty post", method="POST", test=check("pm.expect(seen.header['content-length']).to.equal('0')"))])

    def test_headers(self):
        self.assert_passes([item(
            header={"X-A": "{{value}}", "x-b": "2"}, before="pm.variables.set('value', 'late'); pm.request.headers.upsert({key: 'X-B', value: '{{value}}r'})",
            test=check("pm.expect([seen.header['x-a'], seen.header['x-b'], seen.header.host]).to.eql(['late', 'later', pm.variables.get('url').slice(7)]);"
                       "pm.expect(seen.headers.filter((each) => each[0].toLowerCase() === 'x-b')).to.have.lengthOf(1)"))])

    def test_redirects(self):
        to = "{{url}}/redirect/%d?to=/echo"
        self.assert_passes([
            item("303", to % 303, "POST", body=raw("x"), test=check(
                f"pm.expect([seen.method, seen.body, seen.header['content-type'], seen.header.referer]).to.eql(['GET', '', undefined, '{self.url}/redirect/303?to=/echo'])")),
            item("307", to % 307, "POST", body=raw("x"), auth=bearer("t"), test=check("pm.expect([seen.method, seen.body, seen.header.authorization]).to.eql(['POST', 'x', 'Bearer t'])")),
            item("another host", "{{url}}/redirect/302?to=" + self.url.replace("127.0.0.1", "localhost"), auth=bearer("t"),
                 test=check("pm.expect(seen.header).to.not.have.property('authorization'); pm.expect(seen.header.host).to.match(/^localhost:/)"))], count=3)
        self.assert_fails([item(url="{{url}}/redirect/302?to=/redirect/302?to=/redirect/302?to=" + "/redirect/302?to=" * 9 + "/echo")], "more than 10 redirects")

    def test_compression_and_cookies(self):
        self.assert_passes([
            item("gzip", "{{url}}/gzip", test=check("pm.expect(seen.path).to.equal('/gzip'); pm.expect(seen.header['accept-encoding']).to.include('gzip')")),
            item("cookie", "{{url}}/cookie", test=check("pm.expect(seen.header).to.not.have.property('cookie')")),
            item("again", test=check("pm.expect(seen.header.cookie).to.equal('flavour=oat')"))])


class Scripts(PostmanTest):
    def test_answers(self):
        self.assert_passes([item(url="{{url}}/text", test="""pm.test('all of it', () => {
            pm.response.to.have.status(200); pm.response.to.have.header('x-two'); pm.response.to.have.header('X-Two', 'words');
            pm.expect(pm.response.headers.get('X-TWO')).to.equal('words'); pm.expect(pm.response.headers.has('nothing')).to.equal(false);
            pm.expect(pm.response.text()).to.equal('plain'); pm.expect(pm.response.responseTime).to.be.below(5000);
            pm.expect(pm.info.requestName).to.equal('asks') })""")])

    def test_timers_and_sends_are_waited_for(self):
        self.assert_passes([item(test="""pm.test('a timer', (done) => { setTimeout(() => { pm.expect(1).to.equal(1); done() }, 200) });
            let ticks = 0; const timer = setInterval(() => { if (++ticks === 3) { clearInterval(timer); pm.test('ticked', () => pm.expect(ticks).to.equal(3)) } }, 10);
            pm.sendRequest({url: pm.variables.get('url') + '/redirect/302?to=/echo', method: 'POST', header: {'X-A': 'b'}, body: {mode: 'raw', raw: 'x'}}, (error, answer) => {
                pm.test('followed', () => pm.expect([error, answer.code, answer.json().method]).to.eql([null, 200, 'GET']));
                pm.sendRequest('http://127.0.0.1:1/', (failed) => pm.test('refused', () => pm.expect(failed.message).to.include('ECONNREFUSED'))) })""")], count=4)

    def test_polling(self):
        self.assert_passes([
            item("polls", "{{url}}/count", before="pm.variables.set('polls', (pm.variables.get('polls') || 0) + 1); setTimeout(() => {}, 50)", test="""
                if (pm.response.text() !== '3' && pm.variables.get('polls') < 10) pm.execution.setNextRequest(pm.info.requestName);
                else pm.test('it came', () => pm.expect(pm.response.text()).to.equal('3'))"""),
            item("goes on")], count=2)
        self.assertEqual(self.asked(), ["GET /count"] * 3 + ["GET /echo"])

    def test_signatures(self):
        self.assert_passes([item(test="""pm.test('signed', () => pm.expect(String(require('crypto-js').HmacSHA256(
            'The quick brown fox jumps over the lazy dog', 'key'))).to.equal('f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8'))""")])

    def test_what_newman_has_not_is_not_there(self):
        names = "URL fetch WebSocket TextEncoder globalThis Intl process Buffer _ CryptoJS".split()
        self.assert_passes([item(test="pm.test('absent', () => pm.expect([" + ", ".join(f"typeof {name}" for name in names) +
                                      "]).to.eql(Array(10).fill('undefined')))")])
        self.assert_fails([item(test="await 1; pm.test('x', () => {})")], "await")


class Rounds(PostmanTest):
    def test_a_round_a_row(self):
        for path in (self.write("d.csv", 'a,b\n1,"x, ""y"""\n2,z\n'), self.write("d.json", [{"a": 1, "b": 'x, "y"'}, {"a": 2, "b": "z"}])):
            self.server.seen.clear()
            self.assert_passes([item(url="{{url}}/{{a}}", header={"B": "{{b}}"})], "--iteration-data", path, count=2)
            self.assertEqual([(each["path"], dict(each["headers"])["B"]) for each in self.server.seen], [("/1", 'x, "y"'), ("/2", "z")])

    def test_as_many_as_are_asked_for(self):
        self.assert_passes([item()], "-n", "3", count=3)

    def test_a_folder_or_an_item_alone(self):
        collection = {"auth": bearer("t"), "item": [{"name": "one", "item": [item("a", "{{url}}/a")]}, {"name": "two", "item": [item("b", "{{url}}/b"), item("c", "{{url}}/c")]}]}
        self.assert_passes(collection, "--folder", "two", count=2)
        self.assertEqual(self.asked(), ["GET /b", "GET /c"])
        self.assert_passes(collection, "--folder", "a", "--folder=c", count=2)

    def test_bail_stops_at_the_first_failure(self):
        items = [item("a", test="pm.test('x', () => pm.expect(1).to.equal(2))"), item("b")]
        self.assert_fails(items, "1 to equal 2")
        self.assertEqual(len(self.asked()), 2)
        self.assert_fails(items, "1 to equal 2", "--bail")
        self.assertEqual(len(self.asked()), 3)

    def test_reports(self):
        junit, report = os.path.join(self.folder, "j.xml"), os.path.join(self.folder, "r.json")
        options = ("--reporters", "junit,json", "--reporter-junit-export", junit, "--reporter-json-export", report)
        ran = self.run_collection([item("a <b>"), item("c", test="pm.test('says \"no\"', () => pm.expect('&').to.equal('<'))")], *options)
        self.assertEqual((ran.returncode, ran.stdout), (1, "\n1 passed, 1 failed\n"))
        suites = ElementTree.parse(junit).getroot()
        self.assertEqual([(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in suites], [("a <b>", "1", "0"), ("c", "1", "1")])
        self.assertIn("'&' to equal '<'", suites.find("*/testcase/failure").get("message"))
        with open(report, encoding="utf-8") as file:
            run = json.load(file)["run"]
        self.assertEqual([each["item"]["name"] for each in run["executions"]], ["a <b>", "c"])
        self.assertEqual([each["source"]["name"] for each in run["failures"]], ["c"])


class Command(PostmanTest):
    """What scripts/postman knows besides newman's options."""

    def tool(self, *words, **environ):
        env = {**os.environ, "ENV_FILE": os.path.join(self.folder, "env"), **environ}
        return subprocess.run([os.path.join(ROOT, "scripts", "postman"), *words], capture_output=True, text=True, check=False, timeout=60, env=env)

    def test_an_environment_of_the_stack_that_nobody_else_reads(self):
        self.write("env", "API_EXTERNAL_URL=http://127.0.0.1:54321\nANON_KEY=one\nSERVICE_ROLE_KEY=two\nTIKTOK_CLIENT_SECRET=three\n")
        path = os.path.join(self.folder, "made.json")
        self.assertEqual(self.tool("--make-environment", path, PORT="54400").returncode, 0)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        with open(path, encoding="utf-8") as file:
            values = {each["key"]: each["value"] for each in json.load(file)["values"]}
        self.assertEqual(values, {
            "base_url": "http://127.0.0.1:54400", "sandbox_url": "http://127.0.0.1:54400/sandbox", "anon_key": "one", "service_role_key": "two",
            "tiktok_client_secret": "three"})

    def test_what_is_missing_is_said(self):
        for words, reason in ((("--make-environment", os.path.join(self.folder, "x")), "there is no .env yet"), (("--phase", "x"), "there are phases"),
                              (("--phase", "9"), "there are phases"), ((), "which collection?")):
            ran = self.tool(*words)
            self.assertEqual(ran.returncode, 1)
            self.assertIn(reason, ran.stderr)


class Newman(PostmanTest):
    """newman is not to be had everywhere: one that answers as it would stands in."""

    def with_newman(self, executions, code=0, failures=()):
        folder = os.path.join(self.folder, "bin")
        os.makedirs(folder, exist_ok=True)
        report = self.write("answer.json", {"run": {"executions": executions, "failures": list(failures)}})
        path = os.path.join(folder, "newman")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/bash\nprintf "%s\\n" "$@" >{self.folder}/words\n'
                       f'while [ "$1" != --reporter-json-export ]; do shift; done\ncp {report} "$2"\nexit {code}\n')
        os.chmod(path, 0o755)
        return self.run_collection([item("a"), item("b")], "--env-var", "x=y", "-n", "1", path=folder)

    def test_it_is_used_where_it_is(self):
        ran = self.with_newman([{"item": {"name": name}, "assertions": [{"assertion": "x"}]} for name in "ab"])
        self.assertEqual((ran.returncode, ran.stdout.splitlines()[-1]), (0, "2 passed, 0 failed"), ran.stdout + ran.stderr)
        with open(os.path.join(self.folder, "words"), encoding="utf-8") as file:
            words = file.read().splitlines()
        self.assertEqual(words[0], "run")
        self.assertRegex(" ".join(words), r"--env-var x=y -n 1 --reporters cli,json .*--timeout-request 60000 --timeout-script 60000$")
        self.assertEqual(self.asked(), [])

    def test_its_zero_is_not_enough(self):
        passed = {"item": {"name": "a"}, "assertions": [{"assertion": "x"}]}
        for executions in ([], [passed], [passed, {"item": {"name": "b"}, "assertions": []}],
                           [passed, {"item": {"name": "b"}, "assertions": [{"assertion": "x", "skipped": True}]}]):
            ran = self.with_newman(executions)
            self.assertEqual(ran.returncode, 1, ran.stdout)
            self.assertTrue(re.search(r"^\d+ passed, [1-9]\d* failed$", ran.stdout.splitlines()[-1]))
        every = [{"item": {"name": name}, "assertions": [{"assertion": "x"}]} for name in "ab"]
        self.assertEqual(self.with_newman(every, code=1).returncode, 1)
        self.assertEqual(self.with_newman(every, failures=[{}]).returncode, 1)
