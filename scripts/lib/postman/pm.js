'use strict';
// What a script finds as `pm`, `require` and `console`: the subset, and a refusal for all else.

const { MARK } = require('./variables');
const { prepare } = require('./request');

/** An object whose unknown members fail the run, also where the script catches the error. */
function strict(name, members, refuse) {
  return new Proxy(members, {
    get(known, key) {
      if (typeof key === 'symbol' || Object.hasOwn(known, key)) return known[key];
      throw refuse(`${name}.${key} is not in the subset`);
    },
    set(_, key) { throw refuse(`${name}.${String(key)} can't be set`); },
  });
}

function responseOf(answer, sandbox, refuse, name = 'pm.response') {
  const values = (key) => answer.headers.filter(([each]) => each.toLowerCase() === String(key).toLowerCase()).map(([, value]) => value);
  const text = () => answer.body.toString('utf8');
  return strict(name, {
    code: answer.code,
    responseTime: answer.time,
    text,
    json: () => sandbox.json.parse(text().replace(/^\uFEFF/, '')),
    headers: strict(`${name}.headers`, { get: (key) => values(key).pop(), has: (key) => values(key).length > 0 }, refuse),
    to: strict(`${name}.to`, {
      have: strict(`${name}.to.have`, {
        status(code) {
          if (!Number.isInteger(code)) throw refuse('to.have.status takes a number');
          sandbox.expect(answer.code, 'the status').to.equal(code);
        },
        header(key, ...value) {
          sandbox.expect(values(key), `the header ${key}`).to.not.have.lengthOf(0);
          if (value.length) sandbox.expect(values(key).pop(), `the header ${key}`).to.equal(value[0]);
        },
      }, refuse),
    }, refuse),
  }, refuse);
}

function scopeOf(name, values, read, variables, refuse) {
  return strict(name, {
    get: read,
    has: (key) => read(key) !== undefined,
    set(key, value) {
      if (!['string', 'number', 'boolean'].includes(typeof value)) throw refuse(`${name}.set('${key}'): only text, numbers and booleans`);
      values.set(String(key), value);
    },
    unset: (key) => { values.delete(key); },
    replaceIn: (text) => resolved(variables, text, refuse),
  }, refuse);
}

function resolved(variables, text, refuse) {
  try { return variables.resolve(text); } catch (error) { throw refuse(error.message); }
}

/** `test(name, check)`, which tells `assert(name, error?)` of each test once; `unfinished()` of the rest. */
function testing(sandbox, assert, refuse) {
  const names = new Set();
  const open = new Map(); // the asynchronous ones
  function test(name, check) {
    if (typeof name !== 'string' || !name) throw refuse('pm.test takes a name');
    if (names.has(name)) throw refuse(`the test '${name}' is there twice`);
    names.add(name);
    if (typeof check !== 'function') return assert(name, new Error('has no function'));
    let ended = false;
    const end = (error) => {
      if (ended) return void refuse(`the test '${name}' called done twice`);
      ended = true;
      open.delete(name);
      assert(name, error);
    };
    try {
      if (check.length) {
        open.set(name, end);
        check((error) => end(error));
        return undefined;
      }
      const result = check();
      if (typeof result?.then === 'function') {
        result.then(() => {}, () => {});
        return end(new Error('answers a promise, which newman does not wait for'));
      }
      end();
    } catch (error) { end(error ?? new Error(`threw ${error}`)); }
    return undefined;
  }
  const unfinished = () => { for (const end of [...open.values()]) end(new Error('done was never called')); };
  return { test, unfinished };
}

/** The globals of a script, and what to call when it has ended. */
function globalsOf({ sandbox, item, request, iteration, answer, variables, names, assert, refuse, goTo, log, send }) {
  const { test, unfinished } = testing(sandbox, assert, refuse);
  const scope = (name, key) => scopeOf(`pm.${name}`, variables[key], (each) => variables[key].get(each), variables, refuse);

  function sendRequest(asked, callback) {
    if (typeof callback !== 'function') throw refuse('pm.sendRequest takes a callback');
    const given = typeof asked === 'string' ? { url: asked } : asked;
    const header = Array.isArray(given.header) ? given.header : Object.entries(given.header || {}).map(([key, value]) => ({ key, value }));
    const { url, method, body } = given;
    if (JSON.stringify([url, header, body]).search(MARK) >= 0) throw refuse('pm.sendRequest resolves no {{}}');
    const prepared = prepare({ url, method, header, body }, { type: 'noauth' }, {}, String);
    let gone = false;
    const end = sandbox.begin(() => { gone = true; });
    send(prepared).then(
      (found) => gone || end(() => callback(null, responseOf(found, sandbox, refuse, 'the response'))),
      (error) => gone || end(() => callback(new Error(error.message), undefined)));
  }

  const members = {
    test: new Proxy(test, { get(_, key) { throw refuse(`pm.test.${String(key)} is not in the subset`); } }),
    expect: sandbox.expect,
    variables: scopeOf('pm.variables', variables.local, (key) => variables.find(key), variables, refuse),
    collectionVariables: scope('collectionVariables', 'collection'),
    environment: scope('environment', 'environment'),
    globals: scope('globals', 'global'),
    info: strict('pm.info', { requestName: item.name, iteration }, refuse),
    execution: strict('pm.execution', {
      setNextRequest(name) {
        if (name !== null && !names.has(name)) throw refuse(`setNextRequest: there is no '${name}'`);
        goTo(name);
      },
    }, refuse),
    sendRequest,
  };
  if (answer) {
    members.response = responseOf(answer, sandbox, refuse);
  } else {
    const upsert = ({ key, value }) => {
      request.header = [...(request.header || []).filter((each) => each.key.toLowerCase() !== key.toLowerCase()), { key, value: String(value) }];
    };
    members.request = strict('pm.request', { headers: strict('pm.request.headers', { upsert }, refuse) }, refuse);
  }
  const globals = {
    pm: strict('pm', members, refuse),
    require(name) {
      if (name !== 'crypto-js') throw refuse(`require('${name}') is not in the subset`);
      return sandbox.cryptoJS();
    },
    console: Object.fromEntries(['log', 'info', 'warn', 'error'].map((level) => [level, (...words) => log(words)])),
  };
  return { globals, unfinished };
}

module.exports = { globalsOf };
