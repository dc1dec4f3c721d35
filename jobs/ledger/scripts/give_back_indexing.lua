-- Have a batch read again after a while, by a scheduler that lives and could not go on: it counts as no
-- reading.
-- ARGV: batch, token, ms until it is due
redis.call('SREM', P .. 'readings:' .. ARGV[1], ARGV[2])
local held = redis.call('HMGET', P .. 'batch:' .. ARGV[1], 'status', 'token')
if held[1] == 'validating' and held[2] == ARGV[2] then
  redis.call('ZADD', P .. 'indexing', now + tonumber(ARGV[3]), ARGV[1])
end
