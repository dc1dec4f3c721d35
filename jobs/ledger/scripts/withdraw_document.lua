-- Forget a document at once, whatever jobs name it and libraries hold it. Its blob is the caller's to delete.
-- ARGV: department, document id
-- Returns: 1 where there was one
local member = ARGV[1] .. ':' .. ARGV[2]
redis.call('ZREM', P .. 'documents', member)
local libraries = P .. 'libraries:' .. ARGV[1]
for _, held in ipairs(redis.call('ZRANGE', libraries, 0, -1)) do
  if held:match('^[^/]+/(.*)$') == ARGV[2] then redis.call('ZREM', libraries, held) end
end
return redis.call('DEL', P .. 'document:' .. member)
