'use strict';
// A collection, format 2.1, as the list of items to visit, each with what it inherits.

const SCHEMA = /^https:\/\/schema\.(?:get)?postman\.com\/(?:json\/)?collection\/v2\.1\.0\//;
const BEHAVIOURS = new Set(['followRedirects', 'disableBodyPruning']);

/** `{items, variables, name}`; throws with every reason why the collection proves nothing as it is. */
function load(json, folders) {
  const problems = [];
  const items = [];
  const names = new Set();
  const refuse = (where, why) => problems.push(`${where}: ${why}`);
  if (!SCHEMA.test(json.info?.schema)) refuse('the collection', 'is not of format 2.1');
  walk(json, { own: true, scripts: {}, auth: { type: 'noauth' }, behaviour: {}, chosen: !folders.length });

  function walk(node, inherited) {
    const where = node.info?.name ?? node.name;
    const here = {
      scripts: scripts(node, where, inherited.scripts),
      auth: auth(node.auth ?? node.request?.auth, where) ?? inherited.auth,
      behaviour: behaviour(node.protocolProfileBehavior, where, inherited.behaviour),
      chosen: inherited.chosen || folders.includes(node.name),
    };
    if (node.info === undefined) {
      if (typeof where !== 'string' || !where.trim()) refuse('an item', 'has no name');
      if (names.has(where)) refuse(where, 'the name is there twice');
      names.add(where);
    }
    if (Array.isArray(node.item)) {
      node.item.forEach((child) => walk(child, here));
    } else if (!node.request) {
      refuse(where, 'is neither a folder nor a request');
    } else if (here.chosen) {
      items.push({ name: where, request: node.request, ...here });
    }
  }

  function scripts(node, where, above) {
    const found = { prerequest: [...(above.prerequest || [])], test: [...(above.test || [])] };
    for (const event of node.event || []) {
      if (!found[event.listen]) refuse(where, `no event '${event.listen}'`);
      else if (!event.disabled && event.script) {
        const source = [event.script.exec ?? []].flat().join('\n');
        if (source.trim()) found[event.listen].push({ source, own: Boolean(node.request), where: `${where} (${event.listen})` });
      }
    }
    return found;
  }

  function auth(given, where) {
    if (!given) return undefined;
    if (given.type === 'noauth') return given;
    const token = [given.bearer ?? []].flat().find((each) => each.key === 'token')?.value;
    if (given.type !== 'bearer' || typeof token !== 'string') return refuse(where, 'auth is bearer, with a token, or noauth'), undefined;
    return { type: 'bearer', token };
  }

  function behaviour(given, where, above) {
    for (const key of Object.keys(given || {})) if (!BEHAVIOURS.has(key)) refuse(where, `protocolProfileBehavior.${key} is not in the subset`);
    return { ...above, ...given };
  }

  for (const folder of folders) if (!names.has(folder)) refuse(folder, 'there is no such folder');
  if (!items.length) refuse('the collection', 'has no items');
  if (problems.length) throw new Error(problems.join('\n'));
  return { name: json.info.name, items, variables: json.variable || [] };
}

module.exports = { load };
