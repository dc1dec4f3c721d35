-- Renew the leases of all jobs that a worker has in hand, and note their progress.
-- ARGV: worker, lease in ms, ms after which an unknown job goes back, then for each job: id, token, parts done, parts in all
-- Returns: ids of the jobs that this worker no longer holds
-- Invariant: a job that the ledger thinks is in this worker's hand, and the worker does not know of,
--            goes back, and nobody is blamed: the answer to its claim was lost.
local unknown_ms = tonumber(ARGV[3])
local lost, known = {}, {}
for i = 4, #ARGV, 4 do
  local id, key = ARGV[i], P .. 'job:' .. ARGV[i]
  local held = redis.call('HMGET', key, 'status', 'token')
  if held[1] == 'running' and held[2] == ARGV[i + 1] then
    known[id] = true
    redis.call('ZADD', P .. 'running', now + tonumber(ARGV[2]), id)
    redis.call('HSET', key, 'done', ARGV[i + 2], 'total', ARGV[i + 3])
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
