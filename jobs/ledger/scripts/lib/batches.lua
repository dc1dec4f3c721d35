-- requires: keys, kept
-- A batch's record, and the counters and indexes of its lines.
--
-- The lines stay in the batch's input file. For each, chancery:index:BATCH holds sixteen bytes: offset,
-- length, tokens (estimated), line and task; `next` in the batch's record is how many were claimed.
-- A claimed line is a job. Until its outcome is in the output file, its id is in one of:
--   chancery:open:BATCH        jobs of the batch that have not ended
--   chancery:outcomes:BATCH    ended jobs whose outcome is to be written to the output or error file
--   chancery:called:BATCH      jobs that were written and are kept, because they have a callback or a person
--                              corrected their result
-- A batch that has not ended is, by its status, in:
--   validating                 chancery:indexing          by the time at which a scheduler may claim it
--   in_progress                chancery:waiting:DEPT or chancery:ready:DEPT, by lane, while lines wait for
--                              their first claim
--   in_progress to cancelling  chancery:flush-due         while there is something to write, by the
--                                                         time since when
--   any                        chancery:batches-open, chancery:open-batches:DEPT, and
--                              chancery:batch-deadlines by deadline
-- `closing` is why a batch ends before all of its lines were run: expired or cancelled.

local function load_batch(id)
  local batch = as_map(redis.call('HGETALL', P .. 'batch:' .. id))
  if batch.id then return batch end
  return nil
end

local function set_batch(batch, fields)
  for name, value in pairs(fields) do batch[name] = tostring(value) end
  set_fields(P .. 'batch:' .. batch.id, fields)
end

-- kind: 'waiting' for lines that no worker has claimed yet, 'open' for others that have not ended.
local function count_lines(kind, department, change)
  redis.call('INCRBY', P .. kind .. '-lines:' .. department, change)
end

local function flush_soon(id) redis.call('ZADD', P .. 'flush-due', 'NX', now, id) end

-- Count the bytes of a batch's index. sign: 1 to keep it, -1 to free it.
local function count_index(batch, sign)
  if not batch.kept_records then return end
  local bytes = redis.call('STRLEN', P .. 'index:' .. batch.id)
  count_kept(P .. 'batch:' .. batch.id, batch.department, 'records', sign * bytes)
end
