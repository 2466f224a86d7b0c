'use strict';
// The scopes of variables, and what {{name}} stands for in them.

const { randomInt, randomUUID } = require('crypto');

const SCOPES = ['local', 'data', 'environment', 'collection', 'global']; // the first that has a name wins
const DYNAMIC = {
  $guid: () => randomUUID(),
  $timestamp: () => Math.floor(Date.now() / 1000),
  $randomInt: () => randomInt(0, 1001),
};
const MARK = /\{\{([^{}]*)\}\}/g;
const NESTED = 20; // levels, as in newman

class Variables {
  constructor() {
    for (const scope of SCOPES) this[scope] = new Map();
  }

  /** Fills a scope from a file's list of {key, value}, or from an object. */
  fill(scope, values) {
    const pairs = Array.isArray(values)
      ? values.filter((each) => each.enabled !== false && !each.disabled).map((each) => [each.key, each.value ?? ''])
      : Object.entries(values || {});
    this[scope] = new Map(pairs);
  }

  find(name) {
    return this[SCOPES.find((scope) => this[scope].has(name))]?.get(name);
  }

  /** The text with every {{name}} replaced, also those in values; throws when one has no value. */
  resolve(text) {
    let resolved = String(text);
    for (let level = 0; level < NESTED && resolved.search(MARK) >= 0; level++) {
      resolved = resolved.replace(MARK, (mark, name) => {
        const value = this.find(name) ?? DYNAMIC[name]?.();
        return value === undefined ? mark : String(value);
      });
    }
    const left = resolved.match(MARK);
    if (left) throw new Error(`unresolved ${[...new Set(left)].join(', ')}`);
    return resolved;
  }
}

module.exports = { Variables, MARK };
