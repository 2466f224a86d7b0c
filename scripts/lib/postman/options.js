'use strict';
// The command line, with newman's names.

const fs = require('fs');

// name: how its value is read; a list gathers every mention.
const pair = (text) => {
  const at = text.indexOf('=');
  if (at < 1) throw new Error(`'${text}' is not name=value`);
  return { key: text.slice(0, at), value: text.slice(at + 1) };
};
const number = (text) => {
  if (!/^\d+$/.test(text)) throw new Error(`'${text}' is not a number`);
  return Number(text);
};
const file = (path) => ({ path, text: fs.readFileSync(path, 'utf8') });
const VALUES = {
  environment: file, globals: file, 'iteration-data': file, 'iteration-count': number,
  'timeout-request': number, 'timeout-script': number, reporters: (text) => text.split(','),
  'reporter-junit-export': String, 'reporter-json-export': String,
};
const LISTS = { 'env-var': pair, 'global-var': pair, folder: String };
const SHORT = { '-e': '--environment', '-g': '--globals', '-d': '--iteration-data', '-n': '--iteration-count' };
const REPORTERS = ['cli', 'junit', 'json'];

function parse(words) {
  const options = {
    'env-var': [], 'global-var': [], folder: [], bail: false, reporters: ['cli'], 'timeout-request': 60000, 'timeout-script': 60000,
  };
  for (const rest = [...words]; rest.length;) {
    const [word, inline] = split(rest.shift());
    const name = (SHORT[word] ?? word).replace(/^--/, '');
    const read = VALUES[name] ?? LISTS[name];
    if (word === '--bail') {
      options.bail = true;
    } else if (read && word.startsWith('-')) {
      const value = inline ?? rest.shift();
      if (value === undefined) throw new Error(`${word} takes a value`);
      if (LISTS[name]) options[name].push(read(value));
      else options[name] = read(value);
    } else if (word.startsWith('-') || options.collection) {
      throw new Error(`no option '${word}'`);
    } else {
      options.collection = file(word);
    }
  }
  if (!options.collection) throw new Error('which collection?');
  for (const name of options.reporters) {
    if (!REPORTERS.includes(name)) throw new Error(`no reporter '${name}': ${REPORTERS.join(', ')}`);
    if (name !== 'cli' && !options[`reporter-${name}-export`]) throw new Error(`where to? --reporter-${name}-export FILE`);
  }
  return options;
}

function split(word) {
  const at = word.startsWith('--') ? word.indexOf('=') : -1;
  return at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)];
}

/** The rows of iteration data: a JSON array of objects, or CSV with a line of names. */
function rows({ path, text }) {
  if (!/\.csv$/i.test(path)) {
    const list = JSON.parse(text);
    if (!Array.isArray(list) || !list.length) throw new Error(`${path}: a list of objects is wanted`);
    return list;
  }
  const [names, ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/).filter((line) => line.trim()).map(cells);
  if (!lines.length) throw new Error(`${path}: it has no rows`);
  return lines.map((line) => Object.fromEntries(names.map((name, at) => [name, line[at] ?? ''])));
}

/** One line of CSV; quoted cells hold commas and doubled quotes, but no line breaks. */
function cells(line) {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => quoted?.replace(/""/g, '"') ?? plain);
}

module.exports = { parse, rows };
