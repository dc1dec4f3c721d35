-- Send a department's dead callbacks again, the oldest first.
-- ARGV: department, made at or after and before (ms), most in one call
-- Returns: {how many were sent again, how many are left}
-- Run twice, it sends the next ones again too: all of them were asked for.
local dead = P .. 'dead:' .. ARGV[1]
local ids = redis.call('ZRANGEBYSCORE', dead, ARGV[2], '(' .. ARGV[3], 'LIMIT', 0, ARGV[4])
for _, id in ipairs(ids) do send_again(load_callback(id)) end
return {#ids, redis.call('ZCOUNT', dead, ARGV[2], '(' .. ARGV[3])}
