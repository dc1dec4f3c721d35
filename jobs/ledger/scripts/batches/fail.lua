-- requires: batch_endings
-- End a batch whose input file cannot be used.
-- ARGV: batch, token, errors (JSON)
-- Returns: 1 | 0 if another scheduler has claimed the batch
local batch = load_batch(ARGV[1])
if not batch or batch.status ~= 'validating' or batch.token ~= ARGV[2] then return 0 end
set_batch(batch, {errors = ARGV[3]})
end_batch(batch, 'failed')
return 1
