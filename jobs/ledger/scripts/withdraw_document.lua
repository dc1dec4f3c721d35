-- Forget a document at once, whatever jobs name it. Its blob is the caller's to delete.
-- ARGV: department, document id
-- Returns: 1 where there was one
local member = ARGV[1] .. ':' .. ARGV[2]
redis.call('ZREM', P .. 'documents', member)
return redis.call('DEL', P .. 'document:' .. member)
