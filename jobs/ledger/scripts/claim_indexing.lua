-- Give a clerk the batch that has waited longest for its input file to be read.
-- ARGV: lease in ms
-- Returns: the record, flat | {}
local due = redis.call('ZRANGEBYSCORE', P .. 'indexing', '-inf', now, 'LIMIT', 0, 1)
if #due == 0 then return {} end
redis.call('ZADD', P .. 'indexing', now + tonumber(ARGV[1]), due[1])
redis.call('HINCRBY', P .. 'batch:' .. due[1], 'token', 1)
return redis.call('HGETALL', P .. 'batch:' .. due[1])
