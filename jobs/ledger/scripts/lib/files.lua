-- Shared by every script of the ledger: a file goes with all that is kept of it.

-- Returns the names of its blobs, which nothing refers to any more.
local function forget_file(id)
  local key, list = P .. 'file:' .. id, P .. 'blobs:' .. id
  local blobs = redis.call('LRANGE', list, 0, -1)
  local department = redis.call('HGET', key, 'department')
  if department then redis.call('ZREM', P .. 'files:' .. department, id) end
  redis.call('ZREM', P .. 'files', id)
  redis.call('DEL', key, list)
  return blobs
end

