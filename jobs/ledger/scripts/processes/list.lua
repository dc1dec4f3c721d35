-- requires: keys
-- List the processes that sent a heartbeat lately.
-- ARGV: ms after which a silent process is removed
-- Returns: {process (JSON), ms since its last heartbeat} for each
redis.call('ZREMRANGEBYSCORE', P .. 'processes', '-inf', (now - tonumber(ARGV[1])) / 1000)
local processes = {}
local beats = redis.call('ZRANGE', P .. 'processes', 0, -1, 'WITHSCORES')
for i = 1, #beats, 2 do
  local process = redis.call('HGET', P .. 'process:' .. beats[i], 'process')
  if process then
    processes[#processes + 1] = {process, math.max(now - math.floor(beats[i + 1] * 1000), 0)}
  end
end
return processes
