-- requires: removal
-- Remove an ended batch with its jobs, its output and error file, and its input file unless a batch
-- that has not ended uses it.
-- ARGV: department, batch, most jobs in one call
-- Returns: {'deleted' | 'more' (call again), blobs} | {'open', status} | {'none'}
-- A repeated call finds none; the blobs that the first call named are then removed as orphans.
local batch = load_batch(ARGV[2])
if not batch or batch.department ~= ARGV[1] then return {'none'} end
if redis.call('ZSCORE', P .. 'batches-open', batch.id) then return {'open', batch.status} end
local called, blobs = P .. 'called:' .. batch.id, {}
for _, id in ipairs(redis.call('SRANDMEMBER', called, ARGV[3])) do
  local job = load_job(id)
  if job then remove_ended_job(job, blobs) else redis.call('SREM', called, id) end
end
note_deletion()
if redis.call('EXISTS', called) == 1 then return {'more', blobs} end
for _, kind in ipairs({'output', 'error', 'input'}) do
  local id = batch[kind .. '_file_id'] or ''
  if tonumber(redis.call('HGET', P .. 'file:' .. id, 'uses') or 1) <= 0 then
    for _, blob in ipairs(remove_file(id)) do blobs[#blobs + 1] = blob end
  end
end
remove_ended_batch(batch)
return {'deleted', blobs}
