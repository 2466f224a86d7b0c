-- For wrk: reports as one line of JSON. Arguments come in pairs: `authorizations FILE` names the
-- Authorization values of requests, one a line, which take turns; `bodies FILE` the JSON of as many
-- POSTs; `body TEXT` is the JSON that each request posts.

local requests = {}
local turn = 0

local function post(body)
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  wrk.body = body
end

function init(args)
  local given = {}
  for index = 1, #args, 2 do given[args[index]] = args[index + 1] end
  if given.body then post(given.body) end
  local file = given.authorizations or given.bodies
  if not file then return end
  for line in io.lines(file) do
    if given.bodies then
      post(line)
    else
      wrk.headers["Authorization"] = line
    end
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
