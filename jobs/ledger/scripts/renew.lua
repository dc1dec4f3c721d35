-- Renew the leases of all jobs that a worker has in hand, and note their progress.
-- ARGV: lease in ms, then for each job: id, token, parts done, parts in all
-- Returns: ids of the jobs that this worker no longer holds
local lost = {}
for i = 2, #ARGV, 4 do
  local id, key = ARGV[i], P .. 'job:' .. ARGV[i]
  local held = redis.call('HMGET', key, 'status', 'token')
  if held[1] == 'running' and held[2] == ARGV[i + 1] then
    redis.call('ZADD', P .. 'running', now + tonumber(ARGV[1]), id)
    redis.call('HSET', key, 'done', ARGV[i + 2], 'total', ARGV[i + 3])
  else
    lost[#lost + 1] = id
  end
end
return lost
