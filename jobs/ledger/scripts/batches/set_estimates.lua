-- requires: keys
-- Store when batches are expected to end, or why they are stalled.
-- ARGV: for each batch its id, the time in ms or '' if there is no estimate, and the stall (JSON) or ''
for i = 1, #ARGV, 3 do
  if redis.call('ZSCORE', P .. 'batches-open', ARGV[i]) then
    redis.call('HSET', P .. 'batch:' .. ARGV[i], 'expected_at', ARGV[i + 1], 'stall', ARGV[i + 2])
  end
end
return 0
