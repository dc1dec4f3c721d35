-- requires: queueing
-- Renew the leases of all jobs that a worker runs, and store their progress.
-- ARGV: worker, lease in ms, ms after which a job that the worker does not name is queued, then for
--       each job: id, token, parts done, parts in all
-- Returns: ids of the jobs whose lease this worker no longer has
-- Invariant: a job that this worker has claimed and does not name is queued again, and no death is
--            counted: the answer to its claim was lost.
local unknown_ms = tonumber(ARGV[3])
local lost, known = {}, {}
for i = 4, #ARGV, 4 do
  local id, key = ARGV[i], P .. 'job:' .. ARGV[i]
  local run = redis.call('HMGET', key, 'status', 'token', 'done', 'total')
  if run[1] == 'running' and run[2] == ARGV[i + 1] then
    known[id] = true
    redis.call('ZADD', P .. 'running', now + tonumber(ARGV[2]), id)
    -- A line of a batch has no such fields before its first progress.
    if (run[3] or '0') ~= ARGV[i + 2] or (run[4] or '0') ~= ARGV[i + 3] then
      redis.call('HSET', key, 'done', ARGV[i + 2], 'total', ARGV[i + 3])
    end
  else
    lost[#lost + 1] = id
  end
end
for _, id in ipairs(redis.call('SMEMBERS', P .. 'held:' .. ARGV[1])) do
  if not known[id] then
    local job = load_job(id)
    if job.status == 'running' and now - tonumber(job.started_at) > unknown_ms then
      redis.call('HINCRBY', P .. 'counters', 'claims_lost', 1)
      queue(job)
    end
  end
end
return lost
