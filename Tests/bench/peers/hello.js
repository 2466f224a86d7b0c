// Deno.serve answering what bench-hello answers. With WORK=on it also does what Core does for each
// request: an id of its own (or the client's), a count, and a line of log.
const body = '{"success":true,"message":"Hello, world"}'
const address = Deno.args[0]
const options = address.startsWith('unix:')
  ? { path: address.slice(5) }
  : { hostname: address.split(':')[0], port: Number(address.split(':')[1]) }
const counts = new Map()

function plain() {
  return new Response(body, {
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-request-id': '01jc0000000000000000000000',
    },
  })
}

const encoder = new TextEncoder()
let lines = []

function write() {
  Deno.stderr.writeSync(encoder.encode(lines.join('')))
  lines = []
}

function working(request) {
  const start = performance.now()
  const id = request.headers.get('x-request-id') ?? crypto.randomUUID()
  const response = new Response(body, {
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-request-id': id,
    },
  })
  counts.set(200, (counts.get(200) ?? 0) + 1)
  if (lines.length === 0) queueMicrotask(() => setTimeout(write, 0))
  const time = new Date().toISOString()
  const duration_ms = performance.now() - start
  lines.push(JSON.stringify({
    time, level: 'info', service: 'hello', message: 'request', request_id: id, method: request.method, status: 200, duration_ms,
  }) + '\n')
  return response
}

Deno.serve({ ...options, onListen() {} }, Deno.env.get('WORK') === 'on' ? working : plain)
