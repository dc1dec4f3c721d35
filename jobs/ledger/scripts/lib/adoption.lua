-- requires: suspects, batches
-- Work that an earlier release queued: it kept jobs that it had sent to Celery in chancery:sent:LANE, and
-- in chancery:waiting:DEPT, before every deadline, interactive jobs that were paused and interactive
-- batches.

local BEFORE_DEADLINES = 1

local function adopt(most)
  for _, lane in ipairs({'interactive', 'bulk'}) do
    local sent = P .. 'sent:' .. lane
    for _, id in ipairs(redis.call('ZRANGE', sent, 0, most - 1)) do
      redis.call('ZREM', sent, id)
      local job = load_job(id)
      if job and job.status == 'queued' then queue(job) end
    end
  end
  for _, department in ipairs(redis.call('ZRANGE', P .. 'turns', 0, -1)) do
    local waiting = P .. 'waiting:' .. department
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', waiting, '-inf', BEFORE_DEADLINES, 'LIMIT', 0, most)) do
      redis.call('ZREM', waiting, id)
      local job = load_job(id)
      if job then queue(job) else add_ready(department, READY_BATCH, id) end
    end
  end
end
