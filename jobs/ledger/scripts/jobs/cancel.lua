-- requires: endings
-- Cancel a job in any state. A running job's worker learns of it when it renews its lease.
-- ARGV: department, job id
-- Returns: the record, flat | {} if the department has no such job
local job = load_job(ARGV[2])
if not job or job.department ~= ARGV[1] then return {} end
if not job.finished_at then cancel_job(job) end
return job_record(job.id)
