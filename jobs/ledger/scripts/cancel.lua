-- Cancel a job, whatever it is doing. A running job's worker learns it when it renews the lease.
-- ARGV: department, job id
-- Returns: the record, flat, or an empty list where the department has no such job
local job = load_job(ARGV[2])
if not job or job.department ~= ARGV[1] then return {} end
if not job.finished_at then cancel_job(job) end
return redis.call('HGETALL', P .. 'job:' .. job.id)
