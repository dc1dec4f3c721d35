-- requires: removal
-- Remove an ended job, its result, its callback, and the text that came with it unless another job or
-- a library has it.
-- ARGV: department, job id
-- Returns: {'deleted', blobs} | {'open', status} | {'in-batch', batch} | {'none'}
-- A repeated call finds none; the blobs that the first call named are then removed as orphans.
local job = load_job(ARGV[2])
if not job or job.department ~= ARGV[1] then return {'none'} end
if not job.finished_at then return {'open', job.status} end
if job.batch_id and redis.call('SISMEMBER', P .. 'called:' .. job.batch_id, job.id) == 0 then
  return {'in-batch', job.batch_id}
end
local blobs = {}
remove_ended_job(job, blobs)
if is_last_of_text(job, true) then
  blobs[#blobs + 1] = remove_document(job.department, job.document_id)
end
note_deletion()
return {'deleted', blobs}
