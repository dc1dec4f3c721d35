-- Move what is due: scheduled jobs, leases that ran out, deadlines, lost messages, callbacks.
-- ARGV: most moves of each kind in one call, ms after which an unclaimed message in an empty queue
--       counts as lost, 1 where leases that ran out are to be taken
-- Returns: {scheduled, abandoned, expired, sent again, callbacks sent, jobs of closing batches ended}
local most, lost_ms = ARGV[1], tonumber(ARGV[2])
local moved = {0, 0, 0, 0, 0, 0}

local function due(key, before)
  return redis.call('ZRANGEBYSCORE', P .. key, '-inf', before, 'LIMIT', 0, most)
end

for _, id in ipairs(due('deadlines', now)) do
  expire(load_job(id))
  moved[3] = moved[3] + 1
end
for _, id in ipairs(due('batch-deadlines', now)) do close_batch(load_batch(id), 'expired') end
for _, id in ipairs(due('batches-closing', now)) do
  moved[6] = moved[6] + close_jobs(load_batch(id), most)
end
for _, id in ipairs(due('scheduled', now)) do
  queue(load_job(id))
  moved[1] = moved[1] + 1
end
if ARGV[3] == '1' then
  for _, id in ipairs(due('running', now)) do
    abandon(load_job(id))
    moved[2] = moved[2] + 1
  end
end

for _, lane in ipairs({'interactive', 'bulk'}) do
  local before = tonumber(redis.call('GET', P .. 'mark:' .. lane) or 0) - lost_ms
  if redis.call('LLEN', lane) == 0 then before = math.max(before, now - lost_ms) end
  for _, id in ipairs(due('sent:' .. lane, math.min(before, now - lost_ms))) do
    hand_to_celery(load_job(id))
    moved[4] = moved[4] + 1
  end
end

for _, id in ipairs(due('callbacks-due', now)) do
  send_callback({id = id})
  moved[5] = moved[5] + 1
end
for _, receiver in ipairs(due('receivers-due', now)) do
  moved[5] = moved[5] + wake_due(receiver)
end
redis.call('ZREMRANGEBYSCORE', P .. 'breakers', '-inf', now - FORGOTTEN_MS)
for _, member in ipairs(due('gone-due', now)) do
  clear_gone(string.match(member, '^(%S+) (.+)$'))
end
return moved
