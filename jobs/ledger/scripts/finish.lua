-- End a run with its job's ending.
-- ARGV: job id, token, status, fields of the record (flat JSON list), usage (JSON object of amounts)
-- Returns: 1 when the ending stands (also when this very run stored it before), 0 when refused
-- Invariant: a run that lost its lease changes nothing.
local job = load_job(ARGV[1])
if not job or job.token ~= ARGV[2] then return 0 end
if job.finished_at and job.ended_by == ARGV[2] then return 1 end
if job.status ~= 'running' then return 0 end
local fields = cjson.decode(ARGV[4])
fields[#fields + 1] = 'ended_by'
fields[#fields + 1] = ARGV[2]
finish(job, ARGV[3], fields, cjson.decode(ARGV[5]))
return 1
