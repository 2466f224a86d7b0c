'use strict';
// Runs a collection as newman 6 would and, stricter, fails wherever newman would say that nothing
// was proved. scripts/postman is its command.

const { Jar, exchange } = require('./exchange');
const { globalsOf } = require('./pm');
const { load } = require('./collection');
const newman = require('./newman');
const { parse, rows } = require('./options');
const { prepare } = require('./request');
const { Report } = require('./report');
const { Sandbox } = require('./sandbox');
const { Variables } = require('./variables');

const VISITS = 300; // of one item: a poll that never ends

process.exitCode = 1; // until the end was reached

class Run {
  constructor(options, collection) {
    Object.assign(this, { options, items: collection.items, jar: new Jar(), variables: new Variables() });
    this.report = new Report(collection.name, options);
    this.names = new Set(collection.items.map((each) => each.name));
    this.proved = new Map(); // item: whether a test of its own was made; absent until visited
    const values = (file) => (file ? JSON.parse(file.text).values : []);
    this.variables.fill('collection', collection.variables);
    this.variables.fill('environment', [...values(options.environment), ...options['env-var']]);
    this.variables.fill('global', [...values(options.globals), ...options['global-var']]);
  }

  async all() {
    const data = this.options['iteration-data'] ? rows(this.options['iteration-data']) : [];
    const count = this.options['iteration-count'] ?? (data.length || 1);
    for (let iteration = 0; iteration < count && !this.isOver; iteration++) {
      this.variables.fill('data', data[Math.min(iteration, data.length - 1)]);
      this.proved.clear();
      await this.iterate(iteration);
      if (this.isOver) return;
      for (const { name } of this.items) {
        if (!this.proved.has(name)) this.report.refuse('was not visited', name);
        else if (!this.proved.get(name) && !this.report.hasFailed(name)) this.report.refuse('has no assertion', name);
      }
    }
    if (!this.report.passed && !this.report.failed) this.report.refuse('nothing was asserted');
  }

  get isOver() { return this.options.bail && this.report.failed > 0; }

  async iterate(iteration) {
    const visits = new Map();
    for (let at = 0; at < this.items.length && !this.isOver;) {
      const item = this.items[at];
      visits.set(item, (visits.get(item) ?? 0) + 1);
      if (visits.get(item) > VISITS) return void this.report.refuse(`was visited ${VISITS} times`);
      const next = await this.visit(item, iteration);
      if (next === null) return;
      at = next === undefined ? at + 1 : this.items.findIndex((each) => each.name === next);
    }
  }

  /** Returns where to go next: a name, null for the end, undefined for the item that follows. */
  async visit(item, iteration) {
    this.report.visit(item, iteration);
    if (!this.proved.has(item.name)) this.proved.set(item.name, false);
    const at = { item, iteration, request: structuredClone(typeof item.request === 'string' ? { url: item.request } : item.request) };
    const before = this.report.failed;
    await this.scripts('prerequest', at);
    if (this.report.failed > before) return at.next;
    try {
      const request = prepare(at.request, item.auth, item.behaviour, (text) => this.variables.resolve(text));
      at.answer = await this.send(request);
      this.report.sent(request, at.answer);
    } catch (error) {
      this.report.refuse(`the request failed: ${error.message}`);
      return at.next;
    }
    await this.scripts('test', at);
    return at.next;
  }

  send(request) { return exchange(request, this.jar, this.options['timeout-request']); }

  async scripts(event, at) {
    for (const { source, where, own } of at.item.scripts[event]) {
      const refuse = (reason) => this.report.refuse(reason, at.item.name);
      const sandbox = new Sandbox(this.options['timeout-script'], (error) => refuse(`${where}: ${error?.message ?? error}`));
      const { globals, unfinished } = globalsOf({
        ...at, sandbox, refuse, variables: this.variables, names: this.names,
        assert: (name, error) => {
          this.report.assert(name, error);
          if (own) this.proved.set(at.item.name, true);
        },
        goTo: (name) => { at.next = name; },
        log: (words) => this.report.print(`  | ${words.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))).join(' ')}`),
        send: (request) => this.send(request),
      });
      await sandbox.run(source, where, globals);
      unfinished();
    }
  }
}

async function main() {
  const options = parse(process.argv.slice(2));
  const collection = load(JSON.parse(options.collection.text), options.folder);
  const { passed, failed } = newman.isThere() ? newman.run(process.argv.slice(2), options, collection) : await ours(options, collection);
  console.log(`\n${passed} passed, ${failed} failed`);
  if (passed > 0 && failed === 0) process.exitCode = 0;
}

async function ours(options, collection) {
  const run = new Run(options, collection);
  await run.all();
  run.report.end();
  return run.report;
}

main().catch((error) => console.error(`postman: ${error.message}\n\n0 passed, 1 failed`));
