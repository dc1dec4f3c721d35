-- End a batch whose file cannot be worked on.
-- ARGV: batch, token, errors (JSON)
-- Returns: 1 | 0 where it is no longer this scheduler's
local batch = load_batch(ARGV[1])
if not batch or batch.status ~= 'validating' or batch.token ~= ARGV[2] then return 0 end
set_batch(batch, {errors = ARGV[3]})
end_batch(batch, 'failed')
return 1
