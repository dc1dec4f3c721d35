-- requires: documents
-- Remove a document from a library. From then on it is kept as long as any other.
-- ARGV: department, library, document id
-- Returns: 1 | 0 if it was not in the library
if redis.call('ZREM', P .. 'libraries:' .. ARGV[1], ARGV[2] .. '/' .. ARGV[3]) == 0 then return 0 end
release_document(ARGV[1], ARGV[3])
return 1
