-- Give a job in hand back, to be run again after a while.
-- ARGV: job id, token, delay in ms, 1 when the run counts as a try, why (a problem code)
-- Returns: 1 | 0 when this run no longer holds the job
-- Invariant: a job whose engine dies each time that it is in hand is not tried for ever.
local job = load_job(ARGV[1])
if not job or job.status ~= 'running' or job.token ~= ARGV[2] then return 0 end
redis.call('HINCRBY', P .. 'job:' .. job.id, 'tries', ARGV[4])
redis.call('HINCRBY', P .. 'counters', 'jobs_put_back:' .. ARGV[5], 1)
if ARGV[5] == 'engine-unavailable' then
  if job.alone == '1' then
    poison(job, 'engine')
    return 1
  end
  redis.call('HINCRBY', P .. 'job:' .. job.id, 'engine_losses', 1)
end
if tonumber(ARGV[3]) > 0 then
  schedule(job, now + tonumber(ARGV[3]))
else
  queue(job)
end
return 1
