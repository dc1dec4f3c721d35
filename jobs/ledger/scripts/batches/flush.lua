-- requires: batch_endings, files, jobs
-- Append segments with lines' outcomes to a batch's files, and remove those lines' jobs. The last line
-- ends the batch.
-- ARGV: batch, lines flushed before, outcomes in the segments, lines in the segments that are not to be
--       run, output segment, error segment (JSON: blob, bytes, lines, or ''), lines whose
--       jobs are kept (JSON: job id -> [callback id, url, custom id, metadata], the first two empty for a
--       line without a callback)
-- Returns: 1 (also on a repeated call) | 0 if another scheduler flushed these lines first, so that
--          the segments are not used
-- Invariant: each line's outcome is in exactly one segment.
local batch = load_batch(ARGV[1])
if not batch then return 0 end

local function is_written(kind, segment)
  return segment ~= '' and redis.call('LPOS', P .. 'blobs:' .. batch[kind .. '_file_id'],
    cjson.decode(segment).blob)
end

if batch.flushed ~= ARGV[2] or not redis.call('ZSCORE', P .. 'batches-open', batch.id) then
  return (is_written('output', ARGV[5]) or is_written('error', ARGV[6])) and 1 or 0
end
local outcomes, unrun = tonumber(ARGV[3]), tonumber(ARGV[4])

-- What is read of a line's record; the other fields can be long.
local NEEDED = {'department', 'status', 'keep_ms', 'total'}

local function written_job(id)
  local job = {id = id, batch_id = batch.id}
  for i, value in ipairs(redis.call('HMGET', P .. 'job:' .. id, unpack(NEEDED))) do
    job[NEEDED[i]] = value or nil
  end
  return job
end

group_writes()
local kept = cjson.decode(ARGV[7])
local list = P .. 'outcomes:' .. batch.id
for _, id in ipairs(outcomes > 0 and redis.call('LRANGE', list, 0, outcomes - 1) or {}) do
  local job = written_job(id)
  if kept[id] then
    local callback_id, url, custom_id, metadata = unpack(kept[id])
    redis.call('HSET', P .. 'job:' .. id, 'custom_id', custom_id, 'metadata', metadata)
    redis.call('HDEL', P .. 'job:' .. id, 'line', 'blob', 'offset', 'length', 'tokens')
    drop_needless_fields(job)
    count_kept(P .. 'job:' .. id, job.department, 'records', RECORD_BYTES + #url + #custom_id + #metadata)
    remove_later(id, job.keep_ms)
    redis.call('SADD', P .. 'called:' .. batch.id, id)
    if url ~= '' then
      job.callback_id, job.callback_url = callback_id, url
      redis.call('HSET', P .. 'job:' .. id, 'callback_id', callback_id, 'callback_url', url)
      open_callback(job, 'job.' .. job.status)
    end
  else
    remove_job(job)
  end
end
redis.call('LTRIM', list, outcomes, -1)
write_groups()
if ARGV[5] ~= '' then append_segment(batch, 'output', cjson.decode(ARGV[5])) end
if ARGV[6] ~= '' then append_segment(batch, 'error', cjson.decode(ARGV[6])) end
set_batch(batch, {flushed = tonumber(batch.flushed) + outcomes + unrun,
  ['next'] = tonumber(batch.next) + unrun, failed = tonumber(batch.failed) + unrun})
redis.call('ZREM', P .. 'flush-due', batch.id)
if redis.call('EXISTS', list) == 1 then flush_soon(batch.id) end

if tonumber(batch.flushed) == tonumber(batch.indexed) then
  local closing = batch.closing ~= '' and batch.closing or nil
  end_batch(batch, closing or 'completed')
elseif batch.closing ~= '' then
  flush_soon(batch.id)
end
return 1
