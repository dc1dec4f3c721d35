-- Remove a department's file, unless a batch that has not ended uses it.
-- ARGV: department, file
-- Returns: {'deleted', blobs} | {'in-use', uses} | {'none'}
-- Run a second time it finds none; blobs whose names were lost so are removed as orphans.
local file = as_map(redis.call('HGETALL', P .. 'file:' .. ARGV[2]))
if file.department ~= ARGV[1] then return {'none'} end
if tonumber(file.uses or 0) > 0 then return {'in-use', file.uses} end
return {'deleted', forget_file(ARGV[2])}
