-- requires: keys
-- Renew a scheduler's lease on a batch whose file it reads, and store how far it has read.
-- ARGV: batch, token, lease in ms, bytes read
-- Returns: 1 | 0 if the batch has ended or another scheduler has claimed it
local key, readings = P .. 'batch:' .. ARGV[1], P .. 'readings:' .. ARGV[1]
local batch = redis.call('HMGET', key, 'status', 'token', 'furthest')
if batch[1] ~= 'validating' or batch[2] ~= ARGV[2] then return 0 end
redis.call('ZADD', P .. 'indexing', now + tonumber(ARGV[3]), ARGV[1])
redis.call('HSET', key, 'read', ARGV[4])
if tonumber(ARGV[4]) > tonumber(batch[3] or 0) then
  redis.call('HSET', key, 'furthest', ARGV[4])
  redis.call('DEL', readings)
  redis.call('SADD', readings, ARGV[2])
end
return 1
