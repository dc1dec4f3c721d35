-- requires: endings, queueing
-- Jobs that may have killed the worker or the engine that ran them. Such a job is run once more,
-- alone. If that run dies too, the job is the cause and is set aside.

-- died: 'worker' or 'engine'.
local function set_aside(job, died)
  finish(job, 'failed', {'error', problem('poisoned',
    'The ' .. died .. ' died each time it ran the job, the last time with no other job in work. '
      .. 'Check the document, and ask the operators for the log.')})
end

-- Take a job back from a run whose worker died or lost its lease: queue it, or set it aside.
local function rescue(job)
  job.deaths = redis.call('HINCRBY', P .. 'job:' .. job.id, 'deaths', 1)
  redis.call('HINCRBY', P .. 'counters', 'jobs_abandoned', 1)
  if job.alone == '1' then
    set_aside(job, 'worker')
    return
  end
  note_job('retried', job, 'worker-lost')
  queue(job)
end
