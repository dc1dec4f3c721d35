-- requires: suspects
-- Take back at once the jobs of a worker that is known to be dead.
-- ARGV: worker
-- Returns: how many jobs were taken back
local held = redis.call('SMEMBERS', P .. 'held:' .. ARGV[1])
for _, id in ipairs(held) do
  local job = load_job(id)
  if job and job.status == 'running' and job.worker == ARGV[1] then rescue(job) end
end
redis.call('DEL', P .. 'held:' .. ARGV[1], P .. 'process:' .. ARGV[1])
redis.call('ZREM', P .. 'processes', ARGV[1])
return #held
