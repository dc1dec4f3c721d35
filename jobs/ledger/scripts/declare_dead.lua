-- Take back at once what a worker, known to be dead, had in hand.
-- ARGV: worker
-- Returns: how many jobs were taken back
local held = redis.call('SMEMBERS', P .. 'held:' .. ARGV[1])
for _, id in ipairs(held) do
  local job = load_job(id)
  if job and job.status == 'running' and job.worker == ARGV[1] then abandon(job) end
end
redis.call('DEL', P .. 'held:' .. ARGV[1], P .. 'process:' .. ARGV[1])
redis.call('ZREM', P .. 'processes', ARGV[1])
return #held
