-- requires: suspects
-- Give a worker the leases of queued jobs, each independently of the others.
-- ARGV: worker, nonce of this claim, lease in ms, 1 if the worker runs no other job, job ids
-- Returns: for each job {'claimed', record, document} as flat lists, with an empty document for a line
--          of a batch | {'refused', status} | {'alone'} for a suspect, which only a worker that runs no
--          other job may claim
-- Invariant: one run at a time has the lease of a job; each has a higher token than all before it.
local worker, nonce, lease_ms = ARGV[1], ARGV[2], tonumber(ARGV[3])

local function granted(job)
  local record = redis.call('HGETALL', P .. 'job:' .. job.id)
  if job.batch_id then return {'claimed', record, {}} end
  return {'claimed', record,
    redis.call('HGETALL', P .. 'document:' .. job.department .. ':' .. job.document_id)}
end

-- Celery's queues are first in, first out, so the message of a job that was sent well before this one
-- and is still unclaimed was lost. run_due_work reads the mark.
local function mark_sent(job, sent)
  local key = P .. 'mark:' .. job.lane
  if tonumber(sent) > tonumber(redis.call('GET', key) or 0) then redis.call('SET', key, sent) end
end

local function claim(id)
  local job = load_job(id)
  if not job then return {'refused', 'unknown'} end
  if job.status == 'running' and job.nonce == nonce then return granted(job) end
  local sent = redis.call('ZSCORE', P .. 'sent:' .. job.lane, job.id)
  if job.status ~= 'queued' or not sent then return {'refused', job.status} end
  if job.deadline and tonumber(job.deadline) <= now then
    expire(job)
    return {'refused', 'expired'}
  end
  if is_paused(job.department, job.lane) then
    queue(job)
    return {'refused', 'paused'}
  end
  if is_closed(job) then
    queue(job)
    return {'refused', 'closed'}
  end
  local suspect = is_suspect(job)
  if suspect and ARGV[4] ~= '1' then return {'alone'} end
  mark_sent(job, sent)
  set_status(job, 'running')
  local key = P .. 'job:' .. job.id
  redis.call('HINCRBY', key, 'token', 1)
  redis.call('HINCRBY', key, 'attempts', 1)
  redis.call('HSET', key, 'worker', worker, 'nonce', nonce, 'started_at', now,
    'done', 0, 'total', 0, 'alone', suspect and 1 or 0)
  redis.call('ZADD', P .. 'running', now + lease_ms, job.id)
  if job.lane == 'bulk' then redis.call('SADD', P .. 'running-bulk', job.id) end
  redis.call('SADD', P .. 'held:' .. worker, job.id)
  job.worker, job.started_at = worker, now
  note_job('started', job)
  return granted(job)
end

local answers = {}
for i = 5, #ARGV do answers[#answers + 1] = claim(ARGV[i]) end
return answers
