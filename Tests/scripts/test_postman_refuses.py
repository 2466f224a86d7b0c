"""Where newman would pass although nothing was proved, scripts/postman fails: each collection here is broken."""

from postman_support import PostmanTest, events, item

FINE = "pm.test('fine', () => {});"


class Collections(PostmanTest):
    def test_an_empty_one(self):
        self.assert_fails([], "has no items")

    def test_another_format(self):
        self.assert_fails({"info": {"name": "x", "schema": "https://schema.getpostman.com/json/collection/v2.0.0/collection.json"}, "item": [item()]}, "2.1")

    def test_an_item_without_a_test(self):
        self.assert_fails([item("bare", test=""), item()], "bare: refused\n      has no assertion")

    def test_a_test_that_only_the_collection_has(self):
        self.assert_fails({"event": events(FINE), "item": [item(test="")]}, "has no assertion")

    def test_a_test_that_is_never_reached(self):
        self.assert_fails([item(test=f"if (pm.response.code === 404) {{ {FINE} }}")], "has no assertion")

    def test_no_round_at_all(self):
        self.assert_fails([item()], "nothing was asserted", "-n", "0")

    def test_two_items_of_one_name(self):
        self.assert_fails([item("same"), {"name": "folder", "item": [item("same")]}], "same: the name is there twice")

    def test_two_tests_of_one_name(self):
        self.assert_fails([item(test=FINE + FINE)], "the test 'fine' is there twice")

    def test_unknown_names(self):
        self.assert_fails([item(test=FINE + "pm.execution.setNextRequest('nowhere')")], "there is no 'nowhere'")
        self.assert_fails([item()], "there is no such folder", "--folder", "nothing")

    def test_items_that_were_not_visited(self):
        self.assert_fails([item("a", test=FINE + "pm.execution.setNextRequest('c')"), item("b"), item("c")], "b: refused\n      was not visited")
        self.assert_fails([item("a", test=FINE + "pm.execution.setNextRequest(null)"), item("b")], "b: refused\n      was not visited")

    def test_a_poll_without_end(self):
        self.assert_fails([item(test="pm.execution.setNextRequest(pm.info.requestName)")], "was visited 300 times")

    def test_what_the_subset_has_not(self):
        for change, reason in (
                ({"auth": {"type": "basic", "bearer": [{"key": "token", "value": "t"}]}}, "auth is bearer"),
                ({"auth": {"type": "bearer", "bearer": []}}, "auth is bearer"),
                ({"body": {"mode": "file", "file": {"src": "/etc/hosts"}}, "method": "POST"}, "a body of mode file"),
                ({"body": {"mode": "formdata", "formdata": [{"key": "a", "type": "file", "src": "x"}]}, "method": "POST"}, "of type file"),
                ({"protocolProfileBehavior": {"maxRedirects": 3}}, "protocolProfileBehavior.maxRedirects"),
                ({"url": {"raw": "{{url}}/a", "host": ["{{url}}"], "path": ["b"]}}, "the url's parts say"),
                ({"url": "echo"}, "not an http address")):
            self.assert_fails([item(**change)], reason)

    def test_a_header_that_auth_would_replace(self):
        auth = {"type": "bearer", "bearer": [{"key": "token", "value": "t"}]}
        self.assert_fails([item(auth=auth, header={"Authorization": "mine"})], "the auth replaces the Authorization header")

    def test_files_that_are_no_collections(self):
        ran = self.run_collection([item()], self.write("second.json", "{}"))
        self.assertEqual(ran.returncode, 1)
        for words in (("--nonsense",), ("--reporters", "html"), ("--reporters", "junit"), ("-n", "x"), ("--env-var", "x"), ("--environment", "/nowhere")):
            self.assertEqual(self.run_collection([item()], *words).returncode, 1, words)


class Variables(PostmanTest):
    def test_names_without_a_value(self):
        for change in ({"url": "{{url}}/{{nothing}}"}, {"header": {"X": "{{nothing}}"}}, {"method": "POST", "body": {"mode": "raw", "raw": "{{nothing}}"}},
                       {"before": "pm.variables.replaceIn('{{nothing}}')"}):
            self.assert_fails([item(**change)], "unresolved {{nothing}}")
        self.assertEqual(self.asked(), [])

    def test_values_that_scripts_would_get_back_otherwise(self):
        for value in ("{}", "undefined", "null", "[1]"):
            self.assert_fails([item(test=FINE + f"pm.environment.set('a', {value})")], "only text, numbers and booleans")

    def test_sends_resolve_nothing(self):
        self.assert_fails([item(test=FINE + "pm.sendRequest('{{url}}/echo', () => {})")], "pm.sendRequest resolves no {{}}")


class Scripts(PostmanTest):
    def test_unknown_members(self):
        for use in ("pm.cookies", "pm.nothing()", "pm.response.status", "pm.response.to.be", "pm.response.to.have.body('x')", "pm.test.skip('x')", "pm.execution.skipRequest()",
                    "pm.info.eventName", "pm.request.url", "pm.response.headers.each", "pm.variables.toObject()", "require('lodash')", "require('crypto')"):
            self.assert_fails([item(test=f"{FINE} {use}")], "is not in the subset")
            self.assert_fails([item(test=f"{FINE} try {{ {use} }} catch (error) {{}}")], "is not in the subset")
        self.assert_fails([item(before="pm.response")], "is not in the subset")

    def test_misspelt_expectations(self):
        self.assert_fails([item(test="pm.test('x', () => pm.expect(1).to.be.tru)")], "Invalid Chai property: tru")

    def test_promises_in_a_test(self):
        self.assert_fails([item(test="pm.test('x', async () => {})")], "answers a promise")
        self.assert_fails([item(test="pm.test('x', () => new Promise(() => {}))")], "answers a promise")
        self.assert_fails([item(test="pm.test('x', async () => { throw new Error('late') })")], "answers a promise")

    def test_done_never_or_twice(self):
        self.assert_fails([item(test="pm.test('x', (done) => {})")], "done was never called")
        self.assert_fails([item(test="pm.test('x', (done) => { done(); done() })")], "called done twice")
        self.assert_fails([item(test="pm.test('x', (done) => { setTimeout(() => done(new Error('broken')), 10) })")], "broken")

    def test_tests_without_a_check(self):
        self.assert_fails([item(test="pm.test('x')")], "has no function")

    def test_stray_throws(self):
        stray = "throw new Error('stray')"
        for script in (stray, f"setTimeout(() => {{ {stray} }}, 10)", f"setInterval(() => {{ {stray} }}, 10)",
                       f"pm.sendRequest(pm.variables.get('url'), () => {{ {stray} }})", "Promise.reject(new Error('stray'))", f"(async () => {{ {stray} }})()"):
            self.assert_fails([item(test=f"{FINE} {script}")], "stray", "--timeout-script", "1000")
            self.assert_fails([item(before=script)], "stray", "--timeout-script", "1000")
        self.assert_fails([item(test=FINE + "const = 1")], "Unexpected token")

    def test_after_a_throw_in_a_pre_request_script_nothing_is_sent(self):
        self.assert_fails([item(before="throw new Error('stray')")], "stray")
        self.assertEqual(self.asked(), [])

    def test_a_send_without_a_callback(self):
        self.assert_fails([item(test=FINE + "pm.sendRequest(pm.variables.get('url')).then(() => {})")], "takes a callback")

    def test_loops_without_end(self):
        for loop in ("for (;;) {}", "setTimeout(() => { for (;;) {} }, 1)", "pm.test('x', () => { for (;;) {} })", "setInterval(() => {}, 10)",
                     "setTimeout(() => {}, 100000)", "Promise.resolve().then(() => { for (;;) {} })", "pm.sendRequest(pm.variables.get('url'), () => { for (;;) {} })"):
            self.assert_fails([item(test=f"{FINE} {loop}")], "the script took longer than 500 ms", "--timeout-script", "500")


class Answers(PostmanTest):
    def test_a_101(self):
        self.assert_fails([item(url="{{url}}/upgrade", header={"Connection": "Upgrade", "Upgrade": "echo"})], "the server answered 101")
        self.assert_fails([item(url="{{url}}/upgrade")], "the server answered 101")

    def test_none_in_time(self):
        self.assert_fails([item(url="{{url}}/slow")], "no answer within 300 ms", "--timeout-request", "300")

    def test_none_at_all(self):
        self.assert_fails([item(url="http://127.0.0.1:1/")], "ECONNREFUSED")

    def test_the_end_that_is_not_reached(self):
        ran = self.assert_fails([item(test="pm.test('x', () => {}); pm.test.constructor")], "is not in the subset")
        self.assertEqual(ran.returncode, 1)
