-- requires: keys
-- Store when batches are expected to end.
-- ARGV: for each batch its id and the time in ms, or '' if there is no estimate
for i = 1, #ARGV, 2 do
  if redis.call('ZSCORE', P .. 'batches-open', ARGV[i]) then
    redis.call('HSET', P .. 'batch:' .. ARGV[i], 'expected_at', ARGV[i + 1])
  end
end
return 0
