-- requires: approvals
-- End a job that waits for approval with the decision of a person.
-- ARGV: department, job id, decision (JSON), succeeded or failed, fields of the record (flat JSON list):
--       those of a corrected result or of the error, or none for the result of the run
-- Returns: {'decided', record} (also when the same decision was stored before)
--          | {'conflict', record} with another decision | {'closed', status} | {} if the department has
--          no such job
-- Invariant: a job has one decision. Its ending, event and decision are written together.
local job = load_job(ARGV[2])
if not job or job.department ~= ARGV[1] then return {} end

local function record() return job_record(job.id) end

if job.approval then return {job.approval == ARGV[3] and 'decided' or 'conflict', record()} end
if job.status ~= 'awaiting_approval' then return {'closed', job.status} end
if job.deadline and tonumber(job.deadline) <= now then
  expire(job)
elseif tonumber(job.awaiting_until) <= now then
  expire_unapproved(job)
end
if job.status ~= 'awaiting_approval' then return {'closed', job.status} end

local fields, case_bytes = cjson.decode(ARGV[5]), nil
local corrected = false
for i = 1, #fields, 2 do
  if fields[i] == 'case_blob' then corrected = true end
  if fields[i] == 'case_bytes' then case_bytes = tonumber(fields[i + 1]) end
end
if ARGV[4] == 'succeeded' and not corrected then
  fields[#fields + 1] = 'result_blob'
  fields[#fields + 1] = job.held_blob
end
fields[#fields + 1] = 'approval'
fields[#fields + 1] = ARGV[3]
if case_bytes then count_kept(P .. 'job:' .. job.id, job.department, 'stored', case_bytes) end
if corrected then redis.call('ZADD', P .. 'corrected:' .. job.department, 0, job.id) end
finish(job, ARGV[4], fields)
if ARGV[4] == 'succeeded' and not corrected then redis.call('HDEL', P .. 'job:' .. job.id, 'held_blob') end
return {'decided', record()}
