-- requires: endings
-- End jobs with the results of their runs, each independently of the others.
-- ARGV: for each run: job id, token, status, fields of the record (flat JSON list), usage (JSON object
--       of amounts)
-- Returns: for each, 1 if the ending is stored (also when this run stored it before) | 0 if it
--          is refused
-- Invariant: a run that lost its lease changes nothing.
local function end_run(id, token, status, fields, usage)
  local job = load_job(id)
  if not job or job.token ~= token then return 0 end
  if job.finished_at and job.ended_by == token then return 1 end
  if job.status ~= 'running' then return 0 end
  fields[#fields + 1] = 'ended_by'
  fields[#fields + 1] = token
  finish(job, status, fields, usage)
  if job.lane == 'bulk' and not job.batch_id then
    charge(job.department, (usage.prompt_tokens or 0) + (usage.completion_tokens or 0) - JOB_TOKENS)
  end
  return 1
end

group_writes()
local answers = {}
for i = 1, #ARGV, 5 do
  answers[#answers + 1] = end_run(ARGV[i], ARGV[i + 1], ARGV[i + 2], cjson.decode(ARGV[i + 3]),
    cjson.decode(ARGV[i + 4]))
end
write_groups()
return answers
