-- requires: keys
-- Give a scheduler the batch whose input file has waited longest to be read.
-- ARGV: lease in ms
-- Returns: the record, flat, with `readings` | {}
-- chancery:readings:BATCH holds the tokens of this reading and of earlier ones that ended without a
-- report, since a reading last got further than all before it.
local due = redis.call('ZRANGEBYSCORE', P .. 'indexing', '-inf', now, 'LIMIT', 0, 1)
if #due == 0 then return {} end
local readings = P .. 'readings:' .. due[1]
redis.call('ZADD', P .. 'indexing', now + tonumber(ARGV[1]), due[1])
redis.call('SADD', readings, redis.call('HINCRBY', P .. 'batch:' .. due[1], 'token', 1))
local record = redis.call('HGETALL', P .. 'batch:' .. due[1])
record[#record + 1] = 'readings'
record[#record + 1] = tostring(redis.call('SCARD', readings))
return record
