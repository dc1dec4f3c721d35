-- requires: approvals
-- End jobs with the results of their runs, each independently of the others. A result that a person has to
-- approve is held: see lib/approvals.lua.
-- ARGV: for each run: job id, token, status, usage (JSON object of amounts), how many of the arguments that
--       follow are fields of the record and their values
-- Returns: for each, 1 if the ending is stored (also when this run stored it before) | 0 if it
--          is refused | 2 if the result is held (also as before) | 3 if it is to be held and nothing was
--          stored, because the result is not in the store
-- Invariant: a run that lost its lease changes nothing.
local function end_run(id, token, status, fields, usage)
  local job = load_job(id)
  if not job or job.token ~= token then return 0 end
  if job.finished_at and job.ended_by == token then return 1 end
  if job.status == 'awaiting_approval' and job.ended_by == token then return 2 end
  if job.status ~= 'running' then return 0 end
  local policy = status == 'succeeded' and approval_of(job, fields)
  if policy and field_in(fields, 'result') then return 3 end
  if policy then
    hold(job, token, policy, fields, usage)
  else
    fields[#fields + 1] = 'ended_by'
    fields[#fields + 1] = token
    finish(job, status, fields, usage)
  end
  if job.lane == 'bulk' and not job.batch_id then
    charge(job.department, (usage.prompt_tokens or 0) + (usage.completion_tokens or 0) - JOB_TOKENS)
  end
  return policy and 2 or 1
end

group_writes()
local answers, next_run = {}, 1
while next_run < #ARGV do
  local id, token, status, usage, count = unpack(ARGV, next_run, next_run + 4)
  local fields = {unpack(ARGV, next_run + 5, next_run + 4 + count)}
  answers[#answers + 1] = end_run(id, token, status, fields, cjson.decode(usage))
  next_run = next_run + 5 + count
end
write_groups()
return answers
