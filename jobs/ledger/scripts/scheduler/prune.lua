-- requires: removal
-- Remove what has expired: ended jobs and batches with their callbacks, unused documents, and files
-- that no batch uses. What is still in use is checked again after an hour.
-- ARGV: most of each kind in one call
-- Returns: {blobs that nothing refers to any more, jobs removed, documents removed, files removed, 1 if more
--          may have expired}
local RECHECK_MS = 3600000
local blobs, jobs, batches, documents, files = {}, 0, 0, 0, 0
local most, more = tonumber(ARGV[1]), false

-- The members of an index whose time is over, at most `most`.
local function expired(index)
  local members = redis.call('ZRANGEBYSCORE', P .. index, '-inf', now, 'LIMIT', 0, most)
  more = more or #members == most
  return members
end

local function callback_pending(subject)
  return subject.callback_id
    and redis.call('HGET', P .. 'callback:' .. subject.callback_id, 'status') == 'pending'
end

local function prune_job(job)
  local is_kept = callback_pending(job)
  local removed, blob = remove_own_text(job, not is_kept)
  if removed then
    documents = documents + 1
    blobs[#blobs + 1] = blob
  end
  if is_kept then
    redis.call('ZADD', P .. 'ended', now + RECHECK_MS, job.id)
  else
    remove_ended_job(job, blobs)
    jobs = jobs + 1
  end
end

-- Remove the first jobs of a list whose time is over, and ids of jobs that were deleted before.
local function prune_list(keep_ms)
  local list = P .. 'ended:' .. keep_ms
  local left = most - jobs
  local ids = redis.call('LRANGE', list, 0, left - 1)
  for _, id in ipairs(ids) do
    local job = load_job(id)
    if job and tonumber(job.finished_at) + tonumber(keep_ms) > now then return end
    redis.call('LPOP', list)
    if job then prune_job(job) end
  end
  more = more or #ids == left
  if redis.call('EXISTS', list) == 0 then redis.call('SREM', P .. 'keep-times', keep_ms) end
end

for _, id in ipairs(expired('ended')) do
  prune_job(load_job(id))
end
for _, keep_ms in ipairs(redis.call('SMEMBERS', P .. 'keep-times')) do
  if jobs < most then prune_list(keep_ms) end
end
for _, id in ipairs(expired('ended-batches')) do
  local batch = load_batch(id)
  if callback_pending(batch) then
    redis.call('ZADD', P .. 'ended-batches', now + RECHECK_MS, id)
  else
    remove_ended_batch(batch)
    batches = batches + 1
  end
end
for _, member in ipairs(expired('documents')) do
  local key = P .. 'document:' .. member
  if tonumber(redis.call('HGET', key, 'jobs') or 0) > 0 then
    redis.call('ZADD', P .. 'documents', now + RECHECK_MS, member)
  else
    blobs[#blobs + 1] = remove_document(string.match(member, '^([^:]+):(.+)$'))
    documents = documents + 1
  end
end
for _, id in ipairs(expired('files')) do
  if tonumber(redis.call('HGET', P .. 'file:' .. id, 'uses') or 0) > 0 then
    redis.call('ZADD', P .. 'files', now + RECHECK_MS, id)
  else
    for _, blob in ipairs(remove_file(id)) do blobs[#blobs + 1] = blob end
    files = files + 1
  end
end
if jobs + batches + documents + files > 0 then note_deletion() end
return {blobs, jobs, documents, files, more and 1 or 0}
