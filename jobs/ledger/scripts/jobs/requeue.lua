-- requires: suspects
-- Take a job back from its run, to be run again after a delay.
-- ARGV: job id, token, delay in ms, 1 if the run counts as a try, reason (a problem code)
-- Returns: 1 | 0 if this run no longer has the lease
-- Invariant: a job that loses its engine each time it runs is set aside in the end.
local job = load_job(ARGV[1])
if not job or job.status ~= 'running' or job.token ~= ARGV[2] then return 0 end
redis.call('HINCRBY', P .. 'job:' .. job.id, 'tries', ARGV[4])
redis.call('HINCRBY', P .. 'counters', 'jobs_put_back:' .. ARGV[5], 1)
if ARGV[5] == 'engine-unavailable' then
  if job.alone == '1' then
    set_aside(job, 'engine')
    return 1
  end
  job.engine_losses = redis.call('HINCRBY', P .. 'job:' .. job.id, 'engine_losses', 1)
end
note_job('retried', job, ARGV[5])
if tonumber(ARGV[3]) > 0 then
  schedule(job, now + tonumber(ARGV[3]))
else
  queue(job)
end
return 1
