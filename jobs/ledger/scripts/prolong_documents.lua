-- Keep documents at least so long.
-- ARGV: department, time (ms), document ids
-- Returns: for each its bytes, or false where the department has no such document
local until_ms, sizes = tonumber(ARGV[2]), {}
for i = 3, #ARGV do
  local member = ARGV[1] .. ':' .. ARGV[i]
  local kept = redis.call('HMGET', P .. 'document:' .. member, 'bytes', 'expires_at')
  sizes[#sizes + 1] = kept[1]
  if kept[1] and tonumber(kept[2]) < until_ms then
    redis.call('HSET', P .. 'document:' .. member, 'expires_at', until_ms)
    redis.call('ZADD', P .. 'documents', until_ms, member)
  end
end
return sizes
