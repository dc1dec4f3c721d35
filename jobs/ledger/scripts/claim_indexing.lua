-- Give a scheduler the batch that has waited longest for its input file to be read.
-- ARGV: lease in ms
-- Returns: the record, flat, with `readings` | {}
-- chancery:readings:BATCH holds the tokens of this reading and of those that were not heard of again,
-- since one of them came further than any before.
local due = redis.call('ZRANGEBYSCORE', P .. 'indexing', '-inf', now, 'LIMIT', 0, 1)
if #due == 0 then return {} end
local readings = P .. 'readings:' .. due[1]
redis.call('ZADD', P .. 'indexing', now + tonumber(ARGV[1]), due[1])
redis.call('SADD', readings, redis.call('HINCRBY', P .. 'batch:' .. due[1], 'token', 1))
local record = redis.call('HGETALL', P .. 'batch:' .. due[1])
record[#record + 1] = 'readings'
record[#record + 1] = tostring(redis.call('SCARD', readings))
return record
