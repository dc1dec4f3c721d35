-- requires: breakers
-- Send a department's dead callbacks again, the oldest first.
-- ARGV: department, created at or after and before (ms), most in one call
-- Returns: {how many were sent again, how many are left}
-- A repeated call sends the next ones too, which the caller asked for as well.
local dead = P .. 'dead:' .. ARGV[1]
local ids = redis.call('ZRANGEBYSCORE', dead, ARGV[2], '(' .. ARGV[3], 'LIMIT', 0, ARGV[4])
for _, id in ipairs(ids) do redeliver(load_callback(id)) end
return {#ids, redis.call('ZCOUNT', dead, ARGV[2], '(' .. ARGV[3])}
