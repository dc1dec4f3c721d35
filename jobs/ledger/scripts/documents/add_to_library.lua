-- requires: documents
-- Add a document to a library of its department. It is kept until it is removed from all libraries.
-- ARGV: department, library, document id, most documents in a library
-- Returns: 'added' | 'full' | 'no-document'
local member = ARGV[2] .. '/' .. ARGV[3]
local libraries, document = P .. 'libraries:' .. ARGV[1], P .. 'document:' .. ARGV[1] .. ':' .. ARGV[3]
if redis.call('EXISTS', document) == 0 then return 'no-document' end
if redis.call('ZSCORE', libraries, member) then return 'added' end
local count = redis.call('ZLEXCOUNT', libraries, '[' .. ARGV[2] .. '/', '(' .. ARGV[2] .. '0')
if count >= tonumber(ARGV[4]) then return 'full' end
redis.call('ZADD', libraries, 0, member)
redis.call('HINCRBY', document, 'jobs', 1)
share_document(ARGV[1], ARGV[3])
return 'added'
