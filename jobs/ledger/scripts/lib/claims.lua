-- requires: suspects
-- Giving a worker the lease of a queued job.

-- How long another worker is not told of a suspect.
local SUSPECT_MS = 30000

local function granted(job)
  local record = redis.call('HGETALL', P .. 'job:' .. job.id)
  if job.batch_id then return {'claimed', record, {}} end
  return {'claimed', record,
    redis.call('HGETALL', P .. 'document:' .. job.department .. ':' .. job.document_id)}
end

-- claim: a table of worker, nonce and lease_ms.
local function grant(job, claim)
  local suspect = is_suspect(job)
  set_status(job, 'running')
  local key = P .. 'job:' .. job.id
  redis.call('HSET', key, 'token', job.token + 1, 'attempts', job.attempts + 1,
    'worker', claim.worker, 'nonce', claim.nonce, 'started_at', now,
    'done', 0, 'total', 0, 'alone', suspect and 1 or 0)
  redis.call('ZADD', P .. 'running', now + claim.lease_ms, job.id)
  if job.lane == 'bulk' then redis.call('SADD', P .. 'running-bulk', job.id) end
  redis.call('SADD', P .. 'held:' .. claim.worker, job.id)
  job.worker, job.started_at = claim.worker, now
  note_job('started', job)
  return granted(job)
end

-- The id of a suspect that the worker is to run alone, or ''. No other worker is told of it for a while.
local function next_suspect()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'suspects', '-inf', now)) do
    local job = load_job(id)
    if not is_paused(job.department, job.lane) and not is_closed(job) then
      redis.call('ZADD', P .. 'suspects', now + SUSPECT_MS, id)
      return id
    end
  end
  return ''
end
