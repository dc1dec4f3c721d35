-- Renew a scheduler's hold on a batch that it reads, and note how far it is.
-- ARGV: batch, token, lease in ms, bytes read
-- Returns: 1 | 0 where it is no longer this scheduler's, or has ended
local key, readings = P .. 'batch:' .. ARGV[1], P .. 'readings:' .. ARGV[1]
local held = redis.call('HMGET', key, 'status', 'token', 'furthest')
if held[1] ~= 'validating' or held[2] ~= ARGV[2] then return 0 end
redis.call('ZADD', P .. 'indexing', now + tonumber(ARGV[3]), ARGV[1])
redis.call('HSET', key, 'read', ARGV[4])
if tonumber(ARGV[4]) > tonumber(held[3] or 0) then
  redis.call('HSET', key, 'furthest', ARGV[4])
  redis.call('DEL', readings)
  redis.call('SADD', readings, ARGV[2])
end
return 1
