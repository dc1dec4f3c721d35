-- Give a worker the lease of a queued job.
-- ARGV: job id, worker, nonce of this claim, lease in ms, 1 where the worker has nothing else in hand
-- Returns: {'claimed', record, document} as flat lists | {'refused', status} | {'alone'} where the
--          job is a suspect and may be claimed only by a worker that has nothing else in hand
-- Invariant: only one run at a time holds a job; each has a higher token than all before it.
local job = load_job(ARGV[1])
if not job then return {'refused', 'unknown'} end
if job.status == 'running' and job.nonce == ARGV[3] then
  return {'claimed', redis.call('HGETALL', P .. 'job:' .. job.id),
    redis.call('HGETALL', P .. 'document:' .. job.department .. ':' .. job.document_id)}
end
local sent = redis.call('ZSCORE', P .. 'sent:' .. job.lane, job.id)
if job.status ~= 'queued' or not sent then return {'refused', job.status} end
if job.deadline and tonumber(job.deadline) <= now then
  expire(job)
  return {'refused', 'expired'}
end
local suspect = is_suspect(job)
if suspect and ARGV[5] ~= '1' then return {'alone'} end
-- Celery's queues are first in, first out: what was sent well before this and is still unclaimed
-- has lost its message. `sweep` reads the mark.
local mark = P .. 'mark:' .. job.lane
if tonumber(sent) > tonumber(redis.call('GET', mark) or 0) then redis.call('SET', mark, sent) end

lift(job)
job.worker = ARGV[2]
set_status(job, 'running')
local key = P .. 'job:' .. job.id
redis.call('HINCRBY', key, 'token', 1)
redis.call('HINCRBY', key, 'attempts', 1)
redis.call('HSET', key, 'worker', ARGV[2], 'nonce', ARGV[3], 'started_at', now,
  'done', 0, 'total', 0, 'alone', suspect and 1 or 0)
redis.call('ZADD', P .. 'running', now + tonumber(ARGV[4]), job.id)
redis.call('SADD', P .. 'held:' .. ARGV[2], job.id)
return {'claimed', redis.call('HGETALL', key),
  redis.call('HGETALL', P .. 'document:' .. job.department .. ':' .. job.document_id)}
