-- For wrk: reports as one line of JSON. An argument names a file of request heads' Authorization
-- values, one a line, which take turns.

local requests = {}
local turn = 0

function init(args)
  if not args[1] then return end
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
