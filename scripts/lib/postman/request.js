'use strict';
// An item's request with its variables resolved, as the bytes that newman would send.

const { randomInt, randomUUID } = require('crypto');

const BODILESS = new Set(['GET', 'HEAD', 'COPY', 'PURGE', 'UNLOCK']);
const LANGUAGES = { json: 'application/json', xml: 'application/xml', html: 'text/html', javascript: 'application/javascript', text: 'text/plain' };
const URL_PARTS = /^(https?:\/\/)([^/?#]+)(\/[^?#]*)?(\?[^#]*)?(?:#.*)?$/;

/** `{origin, path}`; the path goes out as it is written, `..` too. */
function target(url) {
  const parts = URL_PARTS.exec(url);
  if (!parts || parts[2].includes('@')) throw new Error(`not an http address: ${url}`);
  const path = (parts[3] ?? '/').replace(/[^!-~]|["<>`{}]/gu, encodeURIComponent);
  const query = (parts[4] ?? '').replace(/[^!-~]|["<>']/gu, (each) => (each === "'" ? '%27' : encodeURIComponent(each)));
  return { origin: parts[1] + parts[2], host: parts[2], path: path + query };
}

/** A url as text, or as an object whose parts say the same as its text: newman takes the parts. */
function written(url) {
  if (typeof url === 'string') return url;
  if (url?.variable?.length) throw new Error('path variables are not in the subset');
  const query = (url?.query || []).filter((each) => !each.disabled).map((each) => (each.value == null ? each.key : `${each.key}=${each.value}`));
  const whole = `${url?.protocol ? `${url.protocol}://` : ''}${[url?.host ?? []].flat().join('.')}${url?.port ? `:${url.port}` : ''}` +
    `${url?.path ? `/${[url.path].flat().join('/')}` : ''}${query.length ? `?${query.join('&')}` : ''}`;
  if (whole !== url?.raw) throw new Error(`the url's parts say ${whole}, its text ${url?.raw}`);
  return whole;
}

const strictly = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);

/** `[content type, bytes]`, or undefined where there is no body. */
function content(body, resolve) {
  const fields = () => (body[body.mode] || []).filter((each) => !each.disabled).map((each) => {
    if (each.type && each.type !== 'text') throw new Error(`a field of type ${each.type} is not in the subset`);
    return [resolve(each.key), resolve(each.value ?? '')];
  });
  switch (body?.disabled ? undefined : body?.mode) {
    case undefined: return undefined;
    case 'raw': {
      const text = resolve(body.raw ?? '');
      return text ? [LANGUAGES[body.options?.raw?.language] ?? 'text/plain', Buffer.from(text)] : undefined;
    }
    case 'urlencoded': {
      const text = fields().map((pair) => pair.map(strictly).join('=')).join('&');
      return text ? ['application/x-www-form-urlencoded', Buffer.from(text)] : undefined;
    }
    case 'formdata': {
      const boundary = `--------------------------${Array.from({ length: 24 }, () => randomInt(10)).join('')}`;
      const parts = fields().map(([key, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${key}"\r\n\r\n${value}\r\n`);
      return parts.length ? [`multipart/form-data; boundary=${boundary}`, Buffer.from(`${parts.join('')}--${boundary}--\r\n`)] : undefined;
    }
    default: throw new Error(`a body of mode ${body.mode} is not in the subset`);
  }
}

/** What to send for `{method, url, header, body}`; `auth` and `behaviour` are those that hold for it. */
function prepare(request, auth, behaviour, resolve) {
  const method = resolve(request.method || 'GET').toUpperCase();
  const place = target(resolve(written(request.url)));
  const headers = (request.header || []).filter((each) => !each.disabled).map((each) => [resolve(each.key), resolve(each.value ?? '')]);
  const has = (name) => headers.some(([key]) => key.toLowerCase() === name);
  const add = (name, value) => has(name.toLowerCase()) || headers.push([name, value]);
  if (auth.type === 'bearer') {
    if (has('authorization')) throw new Error('the auth replaces the Authorization header: use one of them');
    headers.push(['Authorization', `Bearer ${resolve(auth.token)}`]);
  }
  const [type, body] = (BODILESS.has(method) && !behaviour.disableBodyPruning ? undefined : content(request.body, resolve)) ?? [];
  if (type) add('Content-Type', type);
  add('User-Agent', 'PostmanRuntime/7.39.1');
  add('Accept', '*/*');
  add('Cache-Control', 'no-cache');
  add('Postman-Token', randomUUID());
  add('Host', place.host);
  add('Accept-Encoding', 'gzip, deflate, br');
  add('Connection', 'keep-alive');
  if (body || !(BODILESS.has(method) || method === 'DELETE' || method === 'OPTIONS')) add('Content-Length', String(body?.length ?? 0));
  return { method, ...place, headers, body, follow: behaviour.followRedirects !== false };
}

module.exports = { prepare, target };
