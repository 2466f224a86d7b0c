-- For wrk: reports as one line of JSON. The first argument names a file of request heads'
-- Authorization values, one a line, which take turns; a second one is a body of JSON that is posted.

local requests = {}
local turn = 0

function init(args)
  if not args[1] then return end
  if args[2] then
    wrk.method = "POST"
    wrk.body = args[2]
    wrk.headers["Content-Type"] = "application/json"
  end
  for line in io.lines(args[1]) do
    wrk.headers["Authorization"] = line
    requests[#requests + 1] = wrk.format()
  end
  request = function()
    turn = turn % #requests + 1
    return requests[turn]
  end
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '\nREPORT {"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, "failed": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
