'use strict';
// A script in a context of its own, until its timers and sends are done or its time is over.

const fs = require('fs');
const vm = require('vm');

const LIBRARIES = '/usr/share/javascript';
const library = (path, parameters, result) =>
  new vm.Script(`(function (${parameters}) {${fs.readFileSync(`${LIBRARIES}/${path}`, 'utf8')}\n;return ${result};})`, { filename: path });
const CHAI = library('chai/chai.js', 'self, window, global', 'self.chai');
const CRYPTO = library('cryptojs/rollups/hmac-sha256.js', '', 'CryptoJS');
// Not in newman's sandbox either.
const BARE = new vm.Script('for (const name of ["Intl", "WebAssembly", "globalThis"]) delete this[name];');
const ENTER = new vm.Script('__enter()');

class Sandbox {
  /** `stray(error)` is told what no test caught; `timeout` is in ms, 0 for none. */
  constructor(timeout, stray) {
    this.timeout = timeout;
    this.stray = stray;
    this.pending = new Set(); // what ends each timer or send
    this.context = vm.createContext({}, { microtaskMode: 'afterEvaluate' });
    this.expect = CHAI.runInContext(this.context)({}).expect;
    this.json = vm.runInContext('JSON', this.context);
    BARE.runInContext(this.context);
  }

  cryptoJS() { return CRYPTO.runInContext(this.context)(); }

  /** Runs the source with the globals; returns when nothing of it is under way any more. */
  async run(source, filename, globals) {
    const until = this.timeout ? Date.now() + this.timeout : Infinity;
    this.left = () => (this.timeout ? { timeout: Math.max(1, until - Date.now()) } : {});
    Object.assign(this.context, globals, this.timers());
    const stray = (reason) => this.stray(reason);
    process.on('unhandledRejection', stray);
    const limit = this.timeout && setTimeout(() => this.over(), this.timeout);
    await new Promise((resolve) => {
      this.finish = resolve;
      this.attempt(() => new vm.Script(source, { filename }).runInContext(this.context, this.left()));
    });
    clearTimeout(limit);
    await new Promise(setImmediate); // rejections that nobody handled are told by now
    process.off('unhandledRejection', stray);
  }

  /** Calls back into the script, under what is left of its time. */
  enter(call) {
    this.attempt(() => {
      this.context.__enter = () => { delete this.context.__enter; call(); };
      ENTER.runInContext(this.context, this.left());
    });
  }

  attempt(work) {
    try {
      work();
    } catch (error) {
      if (error?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return this.over();
      this.stray(error);
    }
    if (!this.pending.size) this.finish();
  }

  over() {
    this.stray(new Error(`the script took longer than ${this.timeout} ms`));
    for (const cancel of this.pending) cancel();
    this.pending.clear();
    this.finish();
  }

  /** Notes something that goes on outside the script; the result, called with work, ends it once. */
  begin(cancel) {
    this.pending.add(cancel);
    return (call) => { if (this.pending.delete(cancel)) this.enter(call); };
  }

  timers() {
    const cancels = new Map();
    const clear = (id) => {
      const cancel = cancels.get(id);
      cancel?.();
      this.pending.delete(cancel);
    };
    const start = (call, ms, again) => {
      if (typeof call !== 'function') throw new TypeError('a timer takes a function');
      const cancel = () => (again ? clearInterval : clearTimeout)(timer);
      const id = cancels.size + 1;
      const end = this.begin(cancel);
      const timer = again ? setInterval(() => this.enter(call), ms) : setTimeout(() => end(call), ms);
      cancels.set(id, cancel);
      return id;
    };
    return {
      setTimeout: (call, ms, ...given) => start(() => call(...given), ms, false), clearTimeout: clear,
      setInterval: (call, ms, ...given) => start(() => call(...given), ms, true), clearInterval: clear,
    };
  }
}

module.exports = { Sandbox };
