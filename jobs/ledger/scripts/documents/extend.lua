-- requires: keys
-- Keep documents at least until a time.
-- ARGV: department, time (ms), document ids
-- Returns: for each, its size in bytes, or false where the department has no such document
local until_ms, sizes = tonumber(ARGV[2]), {}
for i = 3, #ARGV do
  local member = ARGV[1] .. ':' .. ARGV[i]
  local record = redis.call('HMGET', P .. 'document:' .. member, 'bytes', 'expires_at')
  sizes[#sizes + 1] = record[1]
  if record[1] and tonumber(record[2]) < until_ms then
    redis.call('HSET', P .. 'document:' .. member, 'expires_at', until_ms)
    redis.call('ZADD', P .. 'documents', until_ms, member)
  end
end
return sizes
