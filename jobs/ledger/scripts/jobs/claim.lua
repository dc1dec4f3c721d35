-- requires: claims
-- Give a worker the leases of certain queued jobs, each independently of the others: lines that were
-- released, and suspects.
-- ARGV: worker, nonce of this claim, lease in ms, 1 if the worker runs no other job, job ids
-- Returns: for each job {'claimed', record, document} as flat lists, with an empty document for a line
--          of a batch | {'refused', status} | {'alone'} for a suspect, which only a worker that runs no
--          other job may claim
-- Invariant: one run at a time has the lease of a job; each has a higher token than all before it.
local claim = {worker = ARGV[1], nonce = ARGV[2], lease_ms = tonumber(ARGV[3])}

-- Celery's queues are first in, first out, so the message of a job that was sent well before this one
-- and is still unclaimed was lost. run_due_work reads the mark.
local function mark_sent(job, sent)
  local key = P .. 'mark:' .. job.lane
  if tonumber(sent) > tonumber(redis.call('GET', key) or 0) then redis.call('SET', key, sent) end
end

local function claim_job(id)
  local job = load_job(id)
  if not job then return {'refused', 'unknown'} end
  if job.status == 'running' and job.nonce == claim.nonce then return granted(job) end
  if job.status ~= 'queued' then return {'refused', job.status} end
  local sent = redis.call('ZSCORE', P .. 'sent:' .. job.lane, job.id)
  if job.lane == 'bulk' and not sent then return {'refused', 'not released'} end
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
  if is_suspect(job) and ARGV[4] ~= '1' then return {'alone'} end
  if sent then mark_sent(job, sent) end
  return grant(job, claim)
end

local answers = {}
for i = 5, #ARGV do answers[#answers + 1] = claim_job(ARGV[i]) end
return answers
