-- requires: adoption, approvals, batch_endings, breakers
-- Do the work that is due: queue scheduled jobs, rescue jobs whose lease ran out, expire jobs and
-- batches, and results that nobody approved in time, make parked callbacks due, wake couriers.
-- ARGV: most items of each kind in one call, 1 if jobs whose lease ran out are to be rescued
-- Returns: {queued, rescued, expired, parked callbacks made due, jobs of closing batches ended}
local most = ARGV[1]
local counts = {0, 0, 0, 0, 0}

local function due(key, before)
  return redis.call('ZRANGEBYSCORE', P .. key, '-inf', before, 'LIMIT', 0, most)
end

-- End some open jobs of a closing batch, for the batch's own reason. Returns how many.
local function end_open_jobs(batch)
  local ids = redis.call('SRANDMEMBER', P .. 'open:' .. batch.id, most)
  for _, id in ipairs(ids) do
    local job = load_job(id)
    if batch.closing == 'cancelled' then cancel_job(job) else expire(job) end
  end
  if redis.call('EXISTS', P .. 'open:' .. batch.id) == 0 then
    redis.call('ZREM', P .. 'batches-closing', batch.id)
  end
  return #ids
end

-- Send the first parked callback of a receiver that is due. Returns how many were sent.
local function send_one_parked(receiver)
  local count = send_parked(receiver, 1)
  if redis.call('EXISTS', parked(receiver)) == 1 then
    redis.call('ZADD', P .. 'receivers-due', now + FULL_MS, receiver)
  else
    redis.call('ZREM', P .. 'receivers-due', receiver)
  end
  return count
end

for _, id in ipairs(due('deadlines', now)) do
  expire(load_job(id))
  counts[3] = counts[3] + 1
end
for _, id in ipairs(due('awaiting', now)) do
  expire_unapproved(load_job(id))
  counts[3] = counts[3] + 1
end
for _, id in ipairs(due('batch-deadlines', now)) do close_batch(load_batch(id), 'expired') end
for _, id in ipairs(due('batches-closing', now)) do
  counts[5] = counts[5] + end_open_jobs(load_batch(id))
end
for _, id in ipairs(due('scheduled', now)) do
  queue(load_job(id))
  counts[1] = counts[1] + 1
end
if ARGV[2] == '1' then
  for _, id in ipairs(due('running', now)) do
    rescue(load_job(id))
    counts[2] = counts[2] + 1
  end
end

adopt(most)

if redis.call('ZCOUNT', P .. 'callbacks-due', '-inf', now) > 0 then wake('callbacks') end
for _, receiver in ipairs(due('receivers-due', now)) do
  counts[4] = counts[4] + send_one_parked(receiver)
end
redis.call('ZREMRANGEBYSCORE', P .. 'breakers', '-inf', now - BREAKER_KEEP_MS)
for _, receiver in ipairs(due('failing', now - FAILING_KEEP_MS)) do forget_failing(receiver) end
for _, member in ipairs(due('gone-due', now)) do
  end_pending(string.match(member, '^(%S+) (.+)$'))
end
return counts
