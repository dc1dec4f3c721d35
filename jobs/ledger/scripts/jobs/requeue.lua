-- requires: suspects
-- Take jobs back from their runs, to be run again after a delay, each independently of the others.
-- ARGV: for each run: job id, token, delay in ms, 1 if the run counts as a try, reason (a problem code),
--       usage (JSON object of amounts)
-- Returns: for each, 1 | 0 if this run no longer has the lease; its usage is counted if no other run began
-- Invariant: a job that loses its engine each time it runs is set aside in the end.
local function requeue(id, token, delay_ms, counted, reason, usage)
  local job = load_job(id)
  if not job or job.token ~= token then return 0 end
  count_run(job, cjson.decode(usage))
  if job.status ~= 'running' then return 0 end
  redis.call('HINCRBY', P .. 'job:' .. job.id, 'tries', counted)
  redis.call('HINCRBY', P .. 'counters', 'jobs_put_back:' .. reason, 1)
  if reason == 'engine-unavailable' then
    if job.alone == '1' then
      set_aside(job, 'engine')
      return 1
    end
    job.engine_losses = redis.call('HINCRBY', P .. 'job:' .. job.id, 'engine_losses', 1)
  end
  note_job('retried', job, reason)
  if tonumber(delay_ms) > 0 then
    schedule(job, now + tonumber(delay_ms))
  else
    queue(job)
  end
  return 1
end

local answers = {}
for i = 1, #ARGV, 6 do
  answers[#answers + 1] = requeue(unpack(ARGV, i, i + 5))
end
return answers
