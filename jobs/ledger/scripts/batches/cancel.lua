-- requires: batch_endings
-- Cancel a batch: ended lines keep their outcome, running ones are stopped, the others are not run.
-- ARGV: department, batch
-- Returns: the record, flat | {} if the department has no such batch
local batch = load_batch(ARGV[2])
if not batch or batch.department ~= ARGV[1] then return {} end
if redis.call('ZSCORE', P .. 'batch-deadlines', batch.id) then close_batch(batch, 'cancelled') end
return redis.call('HGETALL', P .. 'batch:' .. batch.id)
