-- requires: keys
-- Store a process's heartbeat with this server's time. The first one is noted as a start.
--
--   chancery:starts    'ROLE HOST NAME' of the last starts of processes, by time
--
-- ARGV: name, process (JSON), ms after which a silent process is removed, role, host
-- Returns: this server's time in ms
local STARTS_MOST = 1000
local key = P .. 'process:' .. ARGV[1]
if redis.call('EXISTS', key) == 0 then
  redis.call('ZADD', P .. 'starts', 'NX', now, ARGV[4] .. ' ' .. ARGV[5] .. ' ' .. ARGV[1])
  redis.call('ZREMRANGEBYRANK', P .. 'starts', 0, -STARTS_MOST - 1)
end
redis.call('HSET', key, 'process', ARGV[2])
redis.call('PEXPIRE', key, ARGV[3])
redis.call('ZADD', P .. 'processes', now / 1000, ARGV[1])
return now
