'use strict';
// One request and its answer over HTTP/1.1: redirects, compression, cookies, a time limit.

const http = require('http');
const https = require('https');
const zlib = require('zlib');
const { promisify } = require('util');
const { target } = require('./request');

const REDIRECTS = 10;
const DECODERS = { gzip: zlib.gunzip, 'x-gzip': zlib.gunzip, deflate: zlib.inflate, br: zlib.brotliDecompress };

/** The cookies of a run. */
class Jar {
  constructor() { this.cookies = []; }

  take(line, url) {
    const [pair, ...attributes] = line.split(';').map((each) => each.trim());
    const name = pair.split('=')[0];
    const found = Object.fromEntries(attributes.map((each) => [each.split('=')[0].toLowerCase(), each.slice(each.indexOf('=') + 1)]));
    const domain = found.domain?.replace(/^\./, '').toLowerCase();
    if (domain && !within(url.hostname, domain)) return;
    const path = found.path?.startsWith('/') ? found.path : url.pathname.replace(/\/[^/]*$/, '') || '/';
    const until = 'max-age' in found ? Date.now() + found['max-age'] * 1000 : 'expires' in found ? Date.parse(found.expires) : Infinity;
    const cookie = { name, pair, path, until, host: domain ?? url.hostname, wide: Boolean(domain), secure: 'secure' in found };
    this.cookies = this.cookies.filter((each) => each.name !== name || each.host !== cookie.host || each.path !== path);
    this.cookies.push(cookie);
  }

  of(url) {
    return this.cookies.filter((each) => each.until > Date.now() && (!each.secure || url.protocol === 'https:') &&
      (each.wide ? within(url.hostname, each.host) : url.hostname === each.host) &&
      (url.pathname === each.path || url.pathname.startsWith(each.path.replace(/\/?$/, '/')))).map((each) => each.pair);
  }
}

const within = (host, domain) => host === domain || host.endsWith(`.${domain}`);

/** The answer to the last request of the chain: `{code, headers, body, time}`. */
async function exchange(request, jar, timeout) {
  const began = Date.now();
  const late = new Error(`no answer within ${timeout} ms`);
  for (let hops = 0, now = request; ; hops++) {
    const answer = await once(now, jar, timeout && Math.max(1, timeout - (Date.now() - began)), late);
    const location = now.follow && answer.code >= 300 && answer.code < 400 && answer.headers.find(([key]) => key.toLowerCase() === 'location')?.[1];
    if (!location) return { ...answer, time: Date.now() - began };
    if (hops === REDIRECTS) throw new Error(`more than ${REDIRECTS} redirects`);
    now = redirected(now, answer.code, new URL(location, now.origin + now.path));
  }
}

/** What a client asks next: 307 and 308 keep method and body, any other turns to GET. */
function redirected(request, code, url) {
  const keeps = code === 307 || code === 308;
  const place = target(url.href);
  const gone = new Set(['host', 'cookie', 'referer', ...(keeps ? [] : ['content-type', 'content-length'])]);
  if (new URL(request.origin).hostname !== url.hostname) gone.add('authorization');
  const headers = request.headers.filter(([key]) => !gone.has(key.toLowerCase()));
  headers.push(['Referer', request.origin + request.path], ['Host', place.host]);
  const method = keeps || request.method === 'HEAD' ? request.method : 'GET';
  return { ...request, ...place, method, headers, body: keeps ? request.body : undefined };
}

function once(request, jar, timeout, late) {
  const url = new URL(request.origin + request.path);
  const cookies = jar.of(url);
  const headers = cookies.length && !request.headers.some(([key]) => key.toLowerCase() === 'cookie')
    ? [...request.headers, ['Cookie', cookies.join('; ')]] : request.headers;
  return new Promise((resolve, reject) => {
    const { hostname, port, protocol } = url;
    const sent = (protocol === 'https:' ? https : http).request(
      { hostname: hostname.replace(/^\[|\]$/g, ''), port, path: request.path, method: request.method, headers });
    const limit = timeout && setTimeout(() => sent.destroy(late), timeout);
    sent.on('error', reject);
    sent.on('close', () => clearTimeout(limit));
    sent.on('upgrade', (answer, socket) => { socket.destroy(); reject(new Error('the server answered 101')); });
    sent.on('response', async (answer) => {
      try {
        const parts = [];
        for await (const part of answer) parts.push(part);
        const raw = answer.rawHeaders;
        const list = raw.flatMap((key, at) => (at % 2 ? [] : [[key, raw[at + 1]]]));
        (answer.headers['set-cookie'] || []).forEach((line) => jar.take(line, url));
        const body = Buffer.concat(parts);
        const decode = body.length && DECODERS[answer.headers['content-encoding']];
        resolve({ code: answer.statusCode, headers: list, body: decode ? await promisify(decode)(body) : body });
      } catch (error) { reject(error); }
    });
    sent.end(request.body);
  });
}

module.exports = { Jar, exchange };
