-- requires: documents
-- Keep documents at least until a time.
-- ARGV: department, time (ms), document ids
-- Returns: for each, its size in bytes, or false if the department has no such document
local sizes = {}
for i = 3, #ARGV do
  local size = redis.call('HGET', P .. 'document:' .. ARGV[1] .. ':' .. ARGV[i], 'bytes')
  if size and tonumber(ARGV[2]) > now then
    share_document(ARGV[1], ARGV[i])
    extend_document(ARGV[1], ARGV[i], tonumber(ARGV[2]))
  end
  sizes[#sizes + 1] = size
end
return sizes
