-- requires: batches
-- A file's record and the names of its blobs.

-- Append a stored segment to a batch's output or error file, and create the file with the first one.
-- The api answers 404 for the file until the batch's `output_begun` or `error_begun` is set.
local function append_segment(batch, kind, segment)
  local id = batch[kind .. '_file_id']
  local file = P .. 'file:' .. id
  if redis.call('EXISTS', file) == 0 then
    local until_ms = now + tonumber(batch.file_keep_ms)
    redis.call('HSET', file, 'id', id, 'department', batch.department, 'purpose', 'batch_output',
      'filename', batch.id .. '_' .. kind .. '.jsonl', 'created_at', now, 'expires_at', until_ms,
      'uses', 1)
    redis.call('ZADD', P .. 'files:' .. batch.department, 0, id)
    redis.call('ZADD', P .. 'files', until_ms, id)
    set_batch(batch, {[kind .. '_begun'] = 1})
  end
  redis.call('RPUSH', P .. 'blobs:' .. id, segment.blob)
  redis.call('HINCRBY', file, 'bytes', segment.bytes)
  redis.call('HINCRBY', file, 'lines', segment.lines)
  count_kept(file, batch.department, 'stored', segment.bytes)
end

-- Remove a file. Returns the names of its blobs, which nothing refers to any more.
local function remove_file(id)
  local key, list = P .. 'file:' .. id, P .. 'blobs:' .. id
  local blobs = redis.call('LRANGE', list, 0, -1)
  local department = redis.call('HGET', key, 'department')
  if department then
    redis.call('ZREM', P .. 'files:' .. department, id)
    free_kept(key, department)
  end
  redis.call('ZREM', P .. 'files', id)
  redis.call('DEL', key, list)
  return blobs
end
