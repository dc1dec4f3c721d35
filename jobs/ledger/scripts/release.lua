-- Release waiting bulk jobs to Celery until as many are there as are asked for: the department whose
-- turn is earliest goes first, and inside it the job with the earliest deadline. A department's turn
-- moves on by 1/weight with each job, so that departments share by weight.
-- ARGV: most bulk jobs in Celery and running, most to release in one call
-- Returns: how many were released
local room = tonumber(ARGV[1]) - redis.call('ZCARD', P .. 'sent:bulk')
local released = 0
while released < math.min(room, tonumber(ARGV[2])) do
  local turn = redis.call('ZRANGE', P .. 'turns', 0, 0, 'WITHSCORES')
  if #turn == 0 then break end
  local first = redis.call('ZPOPMIN', P .. 'waiting:' .. turn[1])
  if #first == 0 then
    redis.call('ZREM', P .. 'turns', turn[1])
  else
    local weight = tonumber(redis.call('HGET', P .. 'department:' .. turn[1], 'weight') or 1)
    redis.call('ZADD', P .. 'turns', turn[2] + 1 / weight, turn[1])
    hand_to_celery(load_job(first[1]))
    released = released + 1
  end
end
return released
