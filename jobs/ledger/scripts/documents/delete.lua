-- requires: documents, deletions
-- Remove a document that no open job and no library uses.
-- ARGV: department, document id
-- Returns: {'deleted', blob in the store, or ''} | {'in-use', uses} | {'none'}
-- A repeated call finds none; the blob that the first call named is then removed as an orphan.
local key = P .. 'document:' .. ARGV[1] .. ':' .. ARGV[2]
if redis.call('EXISTS', key) == 0 then return {'none'} end
local uses = tonumber(redis.call('HGET', key, 'jobs') or 0)
if uses > 0 then return {'in-use', uses} end
note_deletion()
return {'deleted', remove_document(ARGV[1], ARGV[2]) or ''}
