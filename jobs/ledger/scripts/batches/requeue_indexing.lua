-- requires: keys
-- Have a batch's file read again after a delay, because this scheduler cannot go on for a reason
-- outside the file. The reading is not counted.
-- ARGV: batch, token, delay in ms
redis.call('SREM', P .. 'readings:' .. ARGV[1], ARGV[2])
local batch = redis.call('HMGET', P .. 'batch:' .. ARGV[1], 'status', 'token')
if batch[1] == 'validating' and batch[2] == ARGV[2] then
  redis.call('ZADD', P .. 'indexing', now + tonumber(ARGV[3]), ARGV[1])
end
