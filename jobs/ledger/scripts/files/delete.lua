-- requires: files, deletions
-- Remove a department's file, unless a batch that has not ended uses it.
-- ARGV: department, file
-- Returns: {'deleted', blobs} | {'in-use', uses} | {'none'}
-- A repeated call finds none; the blobs that the first call named are then removed as orphans.
local file = as_map(redis.call('HGETALL', P .. 'file:' .. ARGV[2]))
if file.department ~= ARGV[1] then return {'none'} end
if tonumber(file.uses or 0) > 0 then return {'in-use', file.uses} end
note_deletion()
return {'deleted', remove_file(ARGV[2])}
