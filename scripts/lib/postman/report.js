'use strict';
// What happened, as it happens on the terminal, and afterwards as JUnit and JSON.

const fs = require('fs');

const describe = (error) => (error?.message === undefined ? String(error) : `${error.name ?? 'Error'}: ${error.message}`);
const escape = (text) => String(text).replace(/[\0-\x08\v\f\x0e-\x1f]/g, '?')
  .replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`);

class Report {
  constructor(name, options) {
    Object.assign(this, { name, options, visits: [], failures: [] });
    this.print = options.reporters.includes('cli') ? (line) => process.stdout.write(`${line}\n`) : () => {};
  }

  get failed() { return this.failures.length; }
  get passed() { return this.visits.flatMap((each) => each.assertions).filter((each) => !each.error).length; }

  hasFailed(item) { return this.failures.some((each) => each.item === item); }

  visit(item, iteration) {
    this.now = { item: item.name, iteration, assertions: [] };
    this.visits.push(this.now);
    this.print(`\n→ ${item.name}`);
  }

  sent(request, answer) {
    Object.assign(this.now, { method: request.method, url: request.origin + request.path, code: answer.code, time: answer.time });
    this.print(`  ${request.method} ${this.now.url} [${answer.code}, ${answer.body.length} B, ${answer.time} ms]`);
  }

  assert(name, error) {
    this.now.assertions.push({ name, error: error && describe(error) });
    this.print(error ? `  ✗ ${name}\n      ${describe(error)}` : `  ✓ ${name}`);
    if (error) this.failures.push({ item: this.now.item, name, error: describe(error) });
  }

  /** Fails the run for a reason that no test tells. */
  refuse(reason, item = this.now?.item ?? this.name) {
    this.print(`  ✗ ${reason}`);
    this.failures.push({ item, name: 'refused', error: reason });
    return new Error(reason);
  }

  /** Writes the files and prints what failed; the counts come last. */
  end() {
    if (this.failed) this.print(`\nFailed:\n${this.failures.map((each) => `  ${each.item}: ${each.name}\n      ${each.error}`).join('\n')}`);
    if (this.options.reporters.includes('junit')) fs.writeFileSync(this.options['reporter-junit-export'], this.junit());
    if (this.options.reporters.includes('json')) fs.writeFileSync(this.options['reporter-json-export'], JSON.stringify(this.json(), null, 2));
  }

  json() {
    const executions = this.visits.map((visit) => ({
      item: { name: visit.item }, cursor: { iteration: visit.iteration },
      request: { method: visit.method, url: visit.url }, response: { code: visit.code, responseTime: visit.time },
      assertions: visit.assertions.map(({ name, error }) => ({ assertion: name, ...(error && { error: { message: error } }) })),
    }));
    const failures = this.failures.map(({ item, name, error }) => ({ source: { name: item }, error: { test: name, message: error } }));
    const stats = { requests: { total: this.visits.length }, assertions: { total: this.passed + this.failed, failed: this.failed } };
    return { collection: { info: { name: this.name } }, run: { stats, executions, failures } };
  }

  junit() {
    const suites = [...new Set([...this.visits.map((each) => each.item), ...this.failures.map((each) => each.item)])].map((item) => {
      const visits = this.visits.filter((each) => each.item === item);
      const cases = [
        ...visits.flatMap((each) => each.assertions),
        ...this.failures.filter((each) => each.item === item && each.name === 'refused'),
      ];
      const failed = cases.filter((each) => each.error);
      const seconds = visits.reduce((sum, each) => sum + (each.time ?? 0), 0) / 1000;
      return `  <testsuite name="${escape(item)}" tests="${cases.length}" failures="${failed.length}" time="${seconds}">\n${cases.map((each) =>
        `    <testcase name="${escape(each.name)}" classname="${escape(this.name)}">${each.error ? `<failure message="${escape(each.error)}"/>` : ''}</testcase>\n`).join('')}  </testsuite>\n`;
    });
    return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${escape(this.name)}">\n${suites.join('')}</testsuites>\n`;
  }
}

module.exports = { Report };
