-- requires: keys
-- Give a scheduler the batch whose input file has waited longest to be read.
-- ARGV: lease in ms, departments whose files are left waiting (among the first 1,000 that wait)
-- Returns: the record, flat, with `readings` | {}
-- chancery:readings:BATCH holds the tokens of this reading and of earlier ones that ended without a
-- report, since a reading last got further than all before it.
local read = {}
for at = 2, #ARGV do read[ARGV[at]] = true end

local function first_due()
  local due = redis.call('ZRANGEBYSCORE', P .. 'indexing', '-inf', now, 'LIMIT', 0, 1000)
  for _, id in ipairs(due) do
    if not read[redis.call('HGET', P .. 'batch:' .. id, 'department')] then return id end
  end
end

local id = first_due()
if not id then return {} end
local readings = P .. 'readings:' .. id
redis.call('ZADD', P .. 'indexing', now + tonumber(ARGV[1]), id)
redis.call('SADD', readings, redis.call('HINCRBY', P .. 'batch:' .. id, 'token', 1))
local record = redis.call('HGETALL', P .. 'batch:' .. id)
record[#record + 1] = 'readings'
record[#record + 1] = tostring(redis.call('SCARD', readings))
return record
