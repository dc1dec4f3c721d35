-- requires: batches, callbacks, deletions, documents, files, jobs
-- Removal of what has ended, for good: by its retention, or because its department asks for it.
-- `blobs`: a list to which the names of blobs are added that the caller deletes.

-- Remove the callback of a job or batch with all of its attempts. One that is pending ends first.
local function remove_callback(subject)
  local callback = subject.callback_id and load_callback(subject.callback_id)
  if not callback then return end
  if callback.status == 'pending' then
    end_callback(callback, 'dead', 'What it was about was deleted.')
  end
  local list = P .. 'callbacks:' .. callback.department
  redis.call('ZREM', list, callback.id)
  redis.call('ZREM', list .. ':' .. callback.status, callback.id)
  redis.call('ZREM', P .. 'dead:' .. callback.department, callback.id)
  redis.call('DEL', P .. 'callback:' .. callback.id, P .. 'attempts:' .. callback.id)
end

local function remove_ended_job(job, blobs)
  for _, name in ipairs({'result_blob', 'held_blob', 'case_blob'}) do
    if job[name] and job[name] ~= '' then blobs[#blobs + 1] = job[name] end
  end
  remove_callback(job)
  remove_job(job)
end

local function remove_ended_batch(batch)
  remove_callback(batch)
  redis.call('ZREM', P .. 'ended-batches', batch.id)
  redis.call('ZREM', P .. 'batches:' .. batch.department, batch.id)
  free_kept(P .. 'batch:' .. batch.id, batch.department)
  redis.call('DEL', P .. 'batch:' .. batch.id)
end
