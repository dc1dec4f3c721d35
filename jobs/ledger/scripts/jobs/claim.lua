-- requires: claims
-- Give a worker the leases of certain queued jobs, each independently of the others: a suspect, for a worker
-- that runs nothing else.
-- ARGV: worker, nonce of this claim, lease in ms, 1 if the worker runs no other job, job ids
-- Returns: for each job {'claimed', record, document} as flat lists, with an empty document for a line
--          of a batch | {'refused', status} | {'alone'} for a suspect, which only a worker that runs no
--          other job may claim
-- Invariant: one run at a time has the lease of a job; each has a higher token than all before it.
claim.worker, claim.nonce, claim.lease_ms = ARGV[1], ARGV[2], tonumber(ARGV[3])

local function claim_job(id)
  local job = load_job(id)
  if not job then return {'refused', 'unknown'} end
  if job.status == 'running' and job.nonce == claim.nonce then return granted(job) end
  if job.status ~= 'queued' then return {'refused', job.status} end
  if is_late(job) then
    expire(job)
    return {'refused', 'expired'}
  end
  if is_paused(job.department, job.lane) then return {'refused', 'paused'} end
  if is_closed(job) then return {'refused', 'closed'} end
  if is_suspect(job) and ARGV[4] ~= '1' then return {'alone'} end
  grant(job)
  return table.remove(claim.answers)
end

local answers = {}
for i = 5, #ARGV do answers[#answers + 1] = claim_job(ARGV[i]) end
return answers
