-- requires: documents, deletions
-- Remove a document at once, even if jobs or libraries use it. The caller deletes its blob.
-- ARGV: department, document id
-- Returns: 1 | 0 if there is no such document
local libraries = P .. 'libraries:' .. ARGV[1]
for _, entry in ipairs(redis.call('ZRANGE', libraries, 0, -1)) do
  if entry:match('^[^/]+/(.*)$') == ARGV[2] then redis.call('ZREM', libraries, entry) end
end
note_deletion()
local exists = redis.call('EXISTS', P .. 'document:' .. ARGV[1] .. ':' .. ARGV[2])
remove_document(ARGV[1], ARGV[2])
return exists
